"""What the eight operators mean for each kind of field."""

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from operator import ge, gt, le, lt
from typing import Any

from gateway.model.severity import rank
from gateway.routing.fields import Field, Kind, Texts
from gateway.settings.regex import compiled, literal_prefix
from gateway.settings.types import problem

OPERATORS = ("=", "!=", "=~", "!~", ">", ">=", "<", "<=")
_ORDER: dict[str, Callable[[Any, Any], bool]] = {">": gt, ">=": ge, "<": lt, "<=": le}
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)

Predicate = Callable[[str], bool]


def compare(field: Field, operator: str, value: str) -> Callable[[Texts], bool]:
    """The test that a field's texts pass or not; raises a settings problem if it makes no sense.

    On a list `=`, `=~` and the ordered operators ask for any element, `!=` and `!~` for none.
    """
    one = _one(field, operator, value)
    if not _may_hold(field, one) and (field.closed or operator in _ORDER):
        raise problem(f"{field.name} {operator} {value!r} cannot be: {_known(field)}")
    if operator in {"!=", "!~"}:
        return lambda texts: not any(map(one, texts))
    return lambda texts: any(map(one, texts))


def doubt(field: Field, operator: str, value: str) -> str | None:
    """A warning where no value that we know of can pass; None otherwise."""
    one = _one(field, operator, value)
    if _may_hold(field, one) or one(""):
        return None
    return f"{field.name} {operator} {value!r} fits no value that is known: {_known(field)}"


def number(text: str) -> float | None:
    """The number that a text is; None for any other text."""
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    return value if math.isfinite(value) else None


def instant(text: str) -> datetime | None:
    """The instant of an ISO date, of a bare one its first in UTC; None for any other text."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _rank(text: str) -> int | None:
    return rank(text) or None


# How the kinds that have an order read a text, and what a value of them looks like.
_ORDERED: dict[Kind, tuple[Callable[[str], Any], str]] = {
    "severity": (_rank, "low, medium, high or critical"),
    "criticality": (_rank, "low, medium, high or critical"),
    "number": (number, "a number"),
    "tag": (number, "a number"),
    "date": (instant, "a date such as 2026-01-31"),
}


def _one(field: Field, operator: str, value: str) -> Predicate:
    """Whether one text is what the value asks for; negation is left to the caller."""
    if operator in _ORDER:
        return _ordered(field, operator, value)
    if operator in {"=~", "!~"}:
        return _pattern(value)
    if field.kind == "number" and value:
        return _equal_number(field, value)
    return value.__eq__


def _ordered(field: Field, operator: str, value: str) -> Predicate:
    if field.kind not in _ORDERED:
        raise problem(f"{field.name} has no order: {operator} is for severities, numbers and dates")
    read, wanted = _ORDERED[field.kind]
    bound, holds = read(value), _ORDER[operator]
    if bound is None:
        raise problem(f"{field.name} {operator} takes {wanted}, not {value!r}")

    def one(text: str) -> bool:
        # A missing value, and one that cannot be read, is on neither side of any bound.
        found = read(text)
        return found is not None and holds(found, bound)

    return one


def _pattern(value: str) -> Predicate:
    pattern, prefix = compiled(value), literal_prefix(value)
    return lambda text: text.startswith(prefix) and pattern.fullmatch(text) is not None


def _equal_number(field: Field, value: str) -> Predicate:
    bound = number(value)
    if bound is None:
        raise problem(f"{field.name} is a number, never {value!r}")
    return lambda text: number(text) == bound


def _may_hold(field: Field, one: Predicate) -> bool:
    return not field.known or any(map(one, field.known))


def _known(field: Field) -> str:
    return f"{field.name} is {', '.join(field.known[:-1])} or {field.known[-1]}"
