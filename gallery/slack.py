"""Block Kit as HTML: the blocks that the built-in template is made of."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from markupsafe import Markup

from gallery.element import box, element, link, run
from gateway.codec import decode

_MARK = re.compile(
    r"<[^|>\n]*\|(?P<label>[^>\n]*)>|(?<![\w*])\*(?P<bold>[^*\n]+)\*(?![\w*])|(?P<line>\n)"
)


def draw(body: str) -> Markup:
    """The message as a channel shows it."""
    message = decode(body)
    coloured = [
        box("attachment", *map(_block, each["blocks"]), style=f"border-color: {each['color']}")
        for each in message["attachments"]
    ]
    return box("slack", *map(_block, message["blocks"]), *coloured)


def _block(block: Mapping[str, Any]) -> Markup:
    return BLOCKS[block["type"]](block)


def _header(block: Mapping[str, Any]) -> Markup:
    return box("header", _text(block["text"]))


def _section(block: Mapping[str, Any]) -> Markup:
    return box("section", _text(block["text"]))


def _context(block: Mapping[str, Any]) -> Markup:
    return box("context", *map(_text, block["elements"]))


def _actions(block: Mapping[str, Any]) -> Markup:
    return box("actions", *(run("button", _text(each["text"])) for each in block["elements"]))


BLOCKS: Mapping[str, Callable[[Mapping[str, Any]], Markup]] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "actions": _actions,
}
"""By type; a template that takes another one needs a line here."""


def _text(text: Mapping[str, Any]) -> Markup:
    said: str = text["text"]
    return mrkdwn(said) if text["type"] == "mrkdwn" else Markup().join([_plain(said)])


def mrkdwn(text: str) -> Markup:
    """Slack's markup: links, bold, line breaks."""
    pieces: list[str] = []
    end = 0
    for match in _MARK.finditer(text):
        pieces += [_plain(text[end : match.start()]), _marked(match)]
        end = match.end()
    return Markup().join([*pieces, _plain(text[end:])])


def _marked(match: re.Match[str]) -> Markup:
    if match["line"]:
        return Markup("<br>")
    if match["bold"]:
        return element("b", "bold", mrkdwn(match["bold"]))
    return link(_plain(match["label"]))


def _plain(text: str) -> str:
    """The three characters that Slack has entities for, as they are."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
