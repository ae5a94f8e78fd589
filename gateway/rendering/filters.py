"""The filters that templates have besides Jinja's own; what they make is short."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from gateway.model.limits import cut, cut_mrkdwn
from gateway.rendering.escaping import Escape, json, mrkdwn
from gateway.rendering.written import Written, quoted

# What RFC 3986 lets stand in a URL, but for what ends a Markdown link.
_IN_URLS = ":/?#@!$&'+,;=%~"
COLOURS = MappingProxyType(
    {"critical": "#b31d28", "high": "#e36209", "medium": "#dbab09", "low": "#6a737d",
     "resolved": "#28a745"}
)  # fmt: skip


def raw(value: Any) -> Written:
    """The value as it is: the template answers for it."""
    text = str(value)
    return Written(text, getattr(text, "written", text))


def colour(word: str) -> Written:
    """The colour of a severity or of `resolved`, as `#rrggbb` in every format."""
    return raw(COLOURS.get(word, COLOURS["low"]))


def date(value: Any) -> str:
    """A time as `2026-11-23 10:00 UTC`; what is no time stays as it is."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return str(value or "")
    return f"{moment.astimezone(UTC) if moment.tzinfo else moment:%Y-%m-%d %H:%M} UTC"


def _cut(value: Any, limit: int) -> str:
    """The text in at most so many characters."""
    return cut(str(value), limit)


def _cut_mrkdwn(value: Any, limit: int) -> Written:
    """The same, in characters as Slack counts them: an escaped one is several."""
    return Written(cut(str(value), limit), json(cut_mrkdwn(mrkdwn(str(value)), limit)))


def _without(value: Any, *names: str) -> dict[Any, Any]:
    """A mapping without what it holds under these names."""
    return {name: each for name, each in value.items() if name not in names}


def _url(value: Any) -> Written:
    """A URL where markup does not count, or inside the parentheses of a Markdown link."""
    return Written(str(value), json(quote(str(value), safe=_IN_URLS)))


def _unchanged(value: Any) -> Any:
    """Out of habit: every `{{ }}` is escaped as it is."""
    return value


COMMON: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {"colour": colour, "cut": _cut, "date": date, "e": _unchanged, "escape": _unchanged,
     "forceescape": _unchanged, "raw": raw, "without": _without}
)  # fmt: skip
"""Filters of every format."""


def json_filters(escape: Escape) -> dict[str, Callable[..., Any]]:
    """Filters of the formats that are JSON."""
    return {"tojson": lambda value: quoted(value, escape)}


SLACK: Mapping[str, Callable[..., Any]] = MappingProxyType({"cut": _cut_mrkdwn})
"""Filters of Slack's format."""
URLS: Mapping[str, Callable[..., Any]] = MappingProxyType({"url": _url})
"""Filters of formats whose escaping would change a URL."""
