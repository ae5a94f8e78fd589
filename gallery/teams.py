"""An Adaptive Card as HTML: the elements that the built-in template is made of."""

from collections.abc import Callable, Mapping
from typing import Any

from markupsafe import Markup

from gallery.element import box, run
from gallery.markdown import markdown
from gateway.codec import decode

_LOOKS = ("color", "weight", "size", "style")


def draw(body: str) -> Markup:
    """The card as a channel shows it."""
    card = decode(body)
    buttons = [run("button", each["title"]) for each in card["actions"]]
    return box("teams", *map(_element, card["body"]), box("actions", *buttons))


def _element(element: Mapping[str, Any]) -> Markup:
    return box(_looks(element), ELEMENTS[element["type"]](element))


def _looks(element: Mapping[str, Any]) -> str:
    """The class names for what an element says of its looks."""
    said = [f"{key}-{element[key]}" for key in _LOOKS if key in element]
    said += [key for key in ("separator", "bleed", "isSubtle") if element.get(key)]
    return " ".join(["element", f"spacing-{element.get('spacing', 'default')}", *said])


def _text_block(element: Mapping[str, Any]) -> Markup:
    return markdown(element["text"])


def _container(element: Mapping[str, Any]) -> Markup:
    return Markup().join(map(_element, element["items"]))


def _column_set(element: Mapping[str, Any]) -> Markup:
    return box("columns", *map(_column, element["columns"]))


def _column(column: Mapping[str, Any]) -> Markup:
    width = column["width"]
    style = "flex: 1" if width == "stretch" else f"flex: 0 0 {width}"
    return box("column", _container(column), style=style)


ELEMENTS: Mapping[str, Callable[[Mapping[str, Any]], Markup]] = {
    "TextBlock": _text_block,
    "Container": _container,
    "ColumnSet": _column_set,
}
"""By type; a template that takes another one needs a line here."""
