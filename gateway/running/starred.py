"""What the admin side shows, with stars for what variables and secret files put there."""

from collections.abc import Callable, Mapping
from typing import Any

# What others ask for by, or take for a word of a closed list: a short variable that happens to
# stand inside must not change it. None of these comes from a variable, but for the name of a route,
# which is a label of metrics too.
_AS_IT_IS = frozenset(
    {"id", "ids", "key", "alert", "alert_key", "event", "transport_id", "digest", "name", "route",
     "sink", "sinks", "finding", "package", "source", "version", "type", "status", "severity",
     "change", "deliver", "outcome", "origin", "outside", "ended", "skipped"}
)  # fmt: skip


def starred(value: Any, redact: Callable[[str], str]) -> Any:
    """The same with every free text in it redacted, however deep; names and states stay."""
    match value:
        case str():
            return redact(value)
        case Mapping():
            return {key: _under(key, each, redact) for key, each in value.items()}
        case list() | tuple():
            return [starred(each, redact) for each in value]
    return value


def _under(key: str, value: Any, redact: Callable[[str], str]) -> Any:
    if key == "labels":  # their names are the operator's, and may be any of those
        return {name: redact(text) for name, text in value.items()}
    if key in _AS_IT_IS and not _holds_mappings(value):
        return value
    return starred(value, redact)


def _holds_mappings(value: Any) -> bool:
    """Whether it is a thing, or several, and not a name."""
    some = value if isinstance(value, list) else [value]
    return any(isinstance(each, Mapping) for each in some)
