"""Outside text made fit for a page."""

from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

_LINES = frozenset("\n\t")


def visible(text: str) -> str:
    """The text with escapes for what cannot be seen: controls, bidi and zero-width characters."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() or each in _LINES else each.encode("unicode_escape").decode()
        for each in text
    )


def shown(value: Any) -> Any:
    """What a template prints for a value; Jinja escapes it afterwards."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return visible(value)
    return value


def utc(value: Any) -> str:
    """A time as people read it, in UTC; what is no time stays as it is."""
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        return str(value)
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
