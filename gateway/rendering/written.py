"""What a template has written, and what it says.

Jinja marks finished text with markupsafe, whose every operation escapes for HTML, whatever the
document. `Written` knows no operation: a macro's result prints as it was written, and whatever is
made of it (`~`, `upper`, `truncate`, a slice) is text again and escaped anew.
"""

import re
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any, Self

from jinja2 import Undefined

from gateway.codec import encode
from gateway.errors import TemplateError
from gateway.rendering.escaping import Escape, json

# What `escaping.json` writes otherwise than the encoder does, in ASCII.
_ESCAPED = re.compile(r"<|\x7f|\\u")

MAX_OUTPUT = 1024 * 1024
"""The most that a template may make, in bytes."""


class Written(str):
    """Finished text: as a `str` what it says, in `written` how it stands in the document."""

    __slots__ = ("written",)
    written: str

    def __new__(cls, says: str, written: str) -> Self:
        """Text that says one thing and is written another way; refused where it is too long."""
        if len(written) > MAX_OUTPUT:
            raise TemplateError(f"makes more than {MAX_OUTPUT // 1024**2} MiB")
        text = super().__new__(cls, says)
        text.written = written
        return text

    # Jinja calls str() on whatever it prints, which must not lose what was written.
    def __str__(self) -> Self:
        return self


def concat(pieces: Iterable[str]) -> Written:
    """The pieces of a macro or a block in one: finished text, and the template's own."""
    parts = list(pieces)
    return Written("".join(parts), "".join(map(as_written, parts)))


def as_written(piece: str) -> str:
    """How a piece of a template's output stands in the document."""
    return piece.written if isinstance(piece, Written) else piece


def write_text(value: Any, escape: Escape) -> Written:
    """Any value as people read it: lists with commas, nothing for what is empty."""
    if isinstance(value, Written):
        return value
    text = _readable(value)
    return Written(text, escape(text))


def write_json(value: Any, escape: Escape) -> Written:
    """A text as the inside of a JSON string; any other value as the JSON that it is."""
    if isinstance(value, Written):
        return value
    if isinstance(value, str):
        return Written(value, escape(value))
    return quoted(value, escape)


def quoted(value: Any, escape: Escape) -> Written:
    """A whole JSON value, a text with its quotes."""
    if not isinstance(value, str | dict | Mapping | list | int | float | None):
        value = list(_items(value))
    document = _at_once(value) if escape is json else None
    if document is None:
        document = _literal(value, escape)
    return Written(document, document)


def _at_once(value: Any) -> str | None:
    """The same as `_literal` gives, in a tenth of the time; None where a text is to be escaped."""
    try:
        document = encode(value).decode()
    except (TypeError, ValueError):  # what the encoder does not know
        return None
    return document if document.isascii() and not _ESCAPED.search(document) else None


def _literal(value: Any, escape: Escape) -> str:
    if isinstance(value, str):
        return f'"{escape(value)}"'
    if value is None or (isinstance(value, float) and not isfinite(value)):
        return "null"
    if isinstance(value, bool | int | float):
        return encode(value).decode()
    if isinstance(value, dict | Mapping):
        items = [f'"{json(str(key))}":{_literal(each, escape)}' for key, each in value.items()]
        return "{" + ",".join(items) + "}"
    return "[" + ",".join([_literal(each, escape) for each in _items(value)]) + "]"


def _readable(value: Any) -> str:
    match value:
        case str():
            return str(value)
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value).removesuffix(".0")
        case Mapping():
            return ", ".join(f"{key}: {_readable(each)}" for key, each in value.items())
    return ", ".join(map(_readable, _items(value)))


def _items(value: Any) -> Iterable[Any]:
    """The values of a list or of what a filter yields; nothing else can be printed."""
    if isinstance(value, Undefined):
        str(value)  # raises, naming what is missing
    if callable(value) or not isinstance(value, Iterable):
        raise TypeError(f"{type(value).__name__} cannot be printed")
    found: Iterable[Any] = value
    return found
