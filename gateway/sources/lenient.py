"""What a JSON value says, whatever shape it came in: a reader here never fails, it finds nothing.

Snyk's bodies differ from their documentation and from each other, so nothing is taken for granted
but the little that `snyk` requires.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from gateway.codec import clean
from gateway.model.identity import digest
from gateway.model.limits import cut

# More of one text than a message could show; the stored body keeps the rest.
LONGEST_TEXT = 10_000
# Ids stand in database indexes, whose entries have to stay below 2.7 kB.
LONGEST_ID = 255
_NUMBERS = (int, float)


def mapping(value: Any) -> Mapping[str, Any]:
    """The object, or an empty one."""
    return value if isinstance(value, dict) else {}


def text(value: Any) -> str:
    """The text, at most 10,000 characters; numbers and truths as JSON spells them, else empty."""
    if isinstance(value, str):
        return cut(clean(value), LONGEST_TEXT)
    if isinstance(value, bool):
        return "true" if value else "false"
    return cut(str(value), LONGEST_TEXT) if isinstance(value, _NUMBERS) else ""


def texts(value: Any) -> tuple[str, ...]:
    """The texts of a list, or a single one; in order, each once, without empty ones."""
    if value is None:  # as most lists are that a finding could have
        return ()
    values = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(filter(None, map(text, values))))


def identifier(value: Any) -> str:
    """The id as text, empty if there is none; one that is too long ends in its digest."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    whole = clean(str(value))
    if len(whole) <= LONGEST_ID:
        return whole
    tail = digest(whole)
    return cut(whole, LONGEST_ID - len(tail)) + tail


def number(value: Any) -> float | None:
    """The finite number, also one that was sent as text."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        read = float(value)
    except (ValueError, OverflowError):
        return None
    return read if math.isfinite(read) else None


def truth(value: Any) -> bool:
    """Whether it is true; an absent or unknown value is not."""
    return text(value).lower() == "true"


def moment(value: Any) -> datetime | None:
    """The instant of an ISO 8601 date in UTC, which a date without an offset is taken for."""
    try:
        read = datetime.fromisoformat(value if isinstance(value, str) else "")
        return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def pairs(value: Any) -> Iterator[tuple[str, str]]:
    """Keys and values of tags: `{key, value}` objects or `key=value` texts."""
    for tag in value if isinstance(value, list) else []:
        if isinstance(tag, str):
            key, equals, content = text(tag).partition("=")
            pair = key, content if equals else "true"
        else:
            said = mapping(tag)
            pair = text(said.get("key")), text(said.get("value"))
        if pair[0]:
            yield pair


def cleaned(value: Any) -> Any:
    """The same value with every text and key cleaned; what was clean is no copy."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        made = [cleaned(each) for each in value]
        return value if _same(made, value) else made
    if isinstance(value, dict):
        keys, values = [clean(key) for key in value], [cleaned(each) for each in value.values()]
        same = _same(keys, value) and _same(values, value.values())
        return value if same else dict(zip(keys, values, strict=True))
    return value


def _same(made: Iterable[Any], given: Iterable[Any]) -> bool:
    return all(one is other for one, other in zip(made, given, strict=True))
