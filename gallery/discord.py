"""A Discord message as HTML: its text and its embeds."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from gallery.element import box, link
from gallery.markdown import markdown
from gateway.codec import decode


def draw(body: str) -> Markup:
    """The message as a channel shows it."""
    message = decode(body)
    return box(
        "discord", markdown(message.get("content", "")), *map(_embed, message.get("embeds", []))
    )


def _embed(embed: Mapping[str, Any]) -> Markup:
    title = markdown(embed.get("title", ""))
    parts = [
        box("title", link(title) if "url" in embed else title),
        box("description", markdown(embed.get("description", ""))),
        box("fields", *map(_field, embed.get("fields", []))),
        box("footer", embed.get("footer", {}).get("text", "")),
    ]
    return box("embed", *parts, style=f"border-color: #{int(embed.get('color', 0)):06x}")


def _field(field: Mapping[str, Any]) -> Markup:
    return box(
        "inline field" if field.get("inline") else "field",
        box("name", markdown(field["name"])),
        markdown(field["value"]),
    )
