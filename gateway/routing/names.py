"""What an expression can name and what it sees there: fields as in matchers, Snyk's objects."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import ge, gt, le, lt
from typing import Any

from gateway.model.event import Event
from gateway.model.severity import rank
from gateway.routing.comparison import instant
from gateway.routing.fields import EVENT_ONLY, FIELDS, FINDING_ONLY, Subject, Subjects
from gateway.sandbox.compiled import Path
from gateway.sandbox.conditions import Missing
from gateway.settings.problem import meant

Labels = Mapping[str, str]
Tables = Mapping[str, Any]
Order = Callable[[Any, Any], bool]

_OBJECTS = ("event", "group", "org", "project")
_FREE = ("labels", "tables", "raw", "finding")
_RAW = ("finding", "org", "project")
_NESTED = frozenset({("project", "tags")})
"""What has keys of the operator's own."""
_SCALARS = tuple(sorted(name for name in FIELDS if "." not in name))
NAMES = frozenset({*_SCALARS, *_OBJECTS, *_FREE})


@dataclass(frozen=True, slots=True)
class Context:
    """What an expression is worked out over."""

    subject: Subject
    labels: Labels
    tables: Tables

    def names(self, wanted: Iterable[str]) -> dict[str, Any]:
        """The values of these names."""
        return {name: self._value(name) for name in wanted}

    def _value(self, name: str) -> Any:
        match name:
            case "labels":
                return self.labels
            case "tables":
                return self.tables
            case "raw":
                return self._raw()
            case "finding":
                return {each: self._field(each) for each in FINDING_ONLY}
            case "project" | "org" | "group" | "event":
                return self._object(name)
        return self._field(name)

    def _field(self, name: str) -> Any:
        field = FIELDS[name]
        texts = [text for text in self.subject.texts(field) if text]
        if field.kind in {"list", "criticality"}:
            return [_READ[field.kind](text) for text in texts]
        return _READ[field.kind](texts[0]) if texts else Missing(name=name)

    def _object(self, name: str) -> dict[str, Any]:
        prefix = f"{name}."
        found = {
            each.removeprefix(prefix): self._field(each)
            for each in FIELDS
            if each.startswith(prefix)
        }
        return {**found, "tags": _tags(self.subject.event)} if name == "project" else found

    def _raw(self) -> dict[str, Any]:
        event, finding = self.subject.event, self.subject.finding
        return {
            "finding": finding.raw if finding else {},
            "project": event.raw.get("project", {}),
            "org": event.raw.get("org", {}),
        }


def unknown(path: Path) -> str | None:
    """What to say of a path that nothing stands at; None where something may."""
    root, *rest = path
    if root not in NAMES:
        return f"no name is called {root!r}{meant(root, sorted(NAMES))}"
    if not rest or root in {"labels", "tables"} or (root, rest[0]) in _NESTED:
        return None
    known = _attributes(root)
    if known is not None and rest[0] not in known:
        return f"{root} has no {rest[0]!r}{meant(rest[0], sorted(known))}"
    return None


def mistaken(path: Path, of: Subjects) -> str | None:
    """What to say of a name that such a subject does not have; None where it has it."""
    name = "raw.finding" if path[:2] == ("raw", "finding") else path[0]
    if of == "finding" and name in EVENT_ONLY:
        return f"{name!r} is of events as such; findings have none"
    if of == "event" and name in FINDING_ONLY | {"finding", "raw.finding"}:
        return f"{name!r} is of findings; an event has max_severity, new_count, project.…"
    return None


def _attributes(root: str) -> frozenset[str] | None:
    """The attributes of a name; None where any may be asked for."""
    if root == "raw":
        return frozenset(_RAW)
    if root == "finding":
        return FINDING_ONLY
    if root in _OBJECTS:
        prefix = f"{root}."
        return frozenset(name.removeprefix(prefix) for name in FIELDS if name.startswith(prefix))
    return None


def _tags(event: Event) -> dict[str, Any]:
    values: dict[str, list[str]] = {}
    for key, value in event.project.tags:
        values.setdefault(key, []).append(value)
    return {key: each if len(each) > 1 else each[0] for key, each in values.items()}


class _Ordered(str):
    """Text with an order of its own; what has no place in it is on neither side of any bound."""

    __slots__ = ()

    def place(self) -> Any:
        """Where it stands, None where that is not known."""
        raise AssertionError

    def _compare(self, other: object, holds: Order) -> bool:
        mine, theirs = self.place(), type(self)(other).place() if isinstance(other, str) else None
        return mine is not None and theirs is not None and holds(mine, theirs)

    def __lt__(self, other: object) -> bool:
        return self._compare(other, lt)

    def __le__(self, other: object) -> bool:
        return self._compare(other, le)

    def __gt__(self, other: object) -> bool:
        return self._compare(other, gt)

    def __ge__(self, other: object) -> bool:
        return self._compare(other, ge)


class Ranked(_Ordered):
    """A severity: low, medium, high, critical."""

    __slots__ = ()

    def place(self) -> int | None:
        """Its rank."""
        return rank(self) or None


class Dated(_Ordered):
    """An ISO date."""

    __slots__ = ()

    def place(self) -> Any:
        """Its instant."""
        return instant(self)


_READ: Mapping[str, Callable[[str], Any]] = {
    "text": str,
    "list": str,
    "criticality": Ranked,
    "severity": Ranked,
    "date": Dated,
    "number": float,
    "boolean": "true".__eq__,
}
"""By kind of field, what a text of it is in an expression."""
