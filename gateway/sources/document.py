"""The document in a verified body: one JSON object that says each thing once."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from gateway import codec
from gateway.errors import Unreadable
from gateway.sources.lenient import cleaned

# Snyk's bodies are eight levels deep; interpreters differ in how deep they follow.
_DEEPEST = 64
# What any JSON reader or database column holds without loss of range.
_WHOLE_NUMBERS = range(-(2**63), 2**64)
_LONGEST_NUMBER = len(str(2**64))
_NUL = rb"\u0000"
# Bytes: what is larger is not to be in memory twice.
_SMALL = 256 * 1024


def document(body: bytes) -> dict[str, Any]:
    """The body's object, without NULs; raises Unreadable for anything else.

    Refused too: nesting that is too deep, whole numbers beyond 64 bits, and a key that one object
    names twice, for readers differ in which of the two they believe.
    """
    value = _unambiguous(body)
    if not isinstance(value, dict):
        raise Unreadable("not a JSON object")
    _refuse_extremes(value)
    # Only so can a text of valid JSON come to hold a NUL.
    return cleaned(value) if _NUL in body else value


def _unambiguous(body: bytes) -> Any:
    if len(body) <= _SMALL:
        value = codec.decode(body)
        if codec.encode(value) == body:  # nothing was named twice, or it would be missing
            return value
    _refuse_ambiguous(body)
    return codec.decode(body)


def _refuse_ambiguous(body: bytes) -> None:
    """Comes first: the text of a large body should be gone from memory before its value is made."""
    try:
        _strict.decode(body.decode())
    except (ValueError, RecursionError):
        codec.decode(body)  # says what is wrong
        raise Unreadable("not readable as JSON by every reader") from None


def _refuse_extremes(value: dict[str, Any]) -> None:
    level: list[Any] = [value]
    for _ in range(_DEEPEST):
        level = list(_inside(level))
        if not level:
            return
    raise Unreadable(f"nested deeper than {_DEEPEST} levels")


def _inside(level: Iterable[Any]) -> Iterator[Any]:
    """The objects and lists directly in these."""
    for each in level:
        for value in each.values() if isinstance(each, dict) else each:
            kind = type(value)  # the decoder makes no subclasses, and nine in ten are texts
            if kind is dict or kind is list:
                yield value
            elif kind is int and value not in _WHOLE_NUMBERS:
                raise Unreadable("a number is out of range")


def _whole_number(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER or int(digits) not in _WHOLE_NUMBERS:
        raise Unreadable("a number is out of range")
    return int(digits)


def _without_repetition(pairs: list[tuple[str, Any]]) -> None:
    if len(dict(pairs)) < len(pairs):
        raise Unreadable("an object names a key twice")


# The codec's decoder neither tells of a repeated key nor bounds whole numbers; the library's does.
_strict = json.JSONDecoder(object_pairs_hook=_without_repetition, parse_int=_whole_number)
