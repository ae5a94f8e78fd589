"""Every field that a matcher may name, in one table: its kind, and where it stands.

A field is read as texts: one for a plain field, any number for a list. What is missing, null or an
empty list reads as the empty text, so that no comparison needs a case for it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Literal

from gateway.model.event import Event
from gateway.model.finding import Finding
from gateway.model.severity import SEVERITIES
from gateway.settings.problem import meant
from gateway.settings.types import problem

Kind = Literal["text", "list", "number", "severity", "criticality", "date", "boolean", "tag"]
Texts = tuple[str, ...]

TAG = "project.tags."
"""What follows in a field's name is the key of a tag."""
_MISSING: Texts = ("",)


Subjects = Literal["finding", "event"]
"""What walks the tree: each finding by itself, and the event as such."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is walking the tree: a finding in the context of its event, or without one the event."""

    finding: Finding | None
    event: Event
    _read: dict[str, Texts] = field(default_factory=dict, init=False, compare=False, repr=False)

    @property
    def kind(self) -> Subjects:
        """Whether a finding walks or the event."""
        return "event" if self.finding is None else "finding"

    def texts(self, of: "Field") -> Texts:
        """The field's texts, read once however many matchers ask."""
        found = self._read.get(of.name)
        if found is None:
            found = self._read[of.name] = of.read(self)
        return found


@dataclass(frozen=True, slots=True)
class Field:
    """One name that a matcher may begin with."""

    name: str
    kind: Kind
    read: Callable[[Subject], Texts] = field(compare=False, repr=False)
    """Its texts, never none of them."""
    known: Texts = ()
    """The values that we know of; empty where anything may come."""
    closed: bool = False
    """No other value than the known ones can ever come."""


def find_field(name: str, of: Subjects | None = None) -> Field:
    """The field of that name; raises a settings problem where such a subject has none."""
    if name.startswith(TAG) and name != TAG:
        return Field(name, "tag", _tag(name.removeprefix(TAG)))
    if name not in FIELDS:
        hint = meant(name, [*FIELDS, TAG + "KEY"])
        raise problem(f"no field is called {name!r}{hint}")
    wrong = mistaken(name, of) if of else None
    if wrong:
        raise problem(wrong)
    return FIELDS[name]


def mistaken(name: str, of: Subjects) -> str | None:
    """What to say of a field that such a subject does not have; None where it has it."""
    if of == "finding" and name in EVENT_ONLY:
        return f"{name!r} is a field of events as such; findings have none"
    if of == "event" and name in FINDING_ONLY:
        return f"{name!r} is a field of findings; an event has max_severity, new_count, project.…"
    return None


def number_text(number: float | None) -> str:
    """A number as people write it, `7` rather than `7.0`; empty for None."""
    return "" if number is None else repr(number).removesuffix(".0")


def _tag(key: str) -> Callable[[Subject], Texts]:
    def read(subject: Subject) -> Texts:
        tags = subject.event.project.tags
        return tuple(value for tag, value in tags if tag == key) or _MISSING

    return read


def _texts(kind: Kind, value: Any) -> Texts:
    if kind in {"list", "criticality"}:
        return tuple(value) or _MISSING
    if kind == "number":
        return (number_text(value),)
    if kind == "boolean":
        return ("true" if value else "false",)
    return (value,)


def _row(name: str, kind: Kind, path: str, known: Texts = (), *, closed: bool = False) -> Field:
    get = attrgetter(path)
    of_finding = path.startswith("finding.")

    def read(subject: Subject) -> Texts:
        # What a matcher of the other kind of route asks for is missing.
        return _MISSING if of_finding and subject.finding is None else _texts(kind, get(subject))

    return Field(name, kind, read, known, closed)


def _boolean(name: str) -> Field:
    return _row(name, "boolean", f"finding.{name}", ("true", "false"), closed=True)


_EVENT_TYPES = ("project_snapshot", "ping", "unreadable", "internal")

FIELDS = {
    row.name: row
    for row in (
        _row("severity", "severity", "finding.severity", SEVERITIES),
        _row("type", "text", "finding.type", ("vuln", "license", "configuration")),
        _row("id", "text", "finding.id"),
        _row("title", "text", "finding.title"),
        _row("package", "text", "finding.package"),
        _row("versions", "list", "finding.versions"),
        _row("cve", "list", "finding.cve"),
        _row("cwe", "list", "finding.cwe"),
        _row("ghsa", "list", "finding.ghsa"),
        _row("cvss", "number", "finding.cvss"),
        _row("priority", "number", "finding.priority"),
        _row("exploit", "text", "finding.exploit"),
        _boolean("fixable"),
        _row("fixed_in", "list", "finding.fixed_in"),
        _boolean("malicious"),
        _boolean("ignored"),
        _boolean("exploited"),
        _row("language", "text", "finding.language"),
        _row("url", "text", "finding.url"),
        _row("published", "date", "finding.published"),
        _row("disclosed", "date", "finding.disclosed"),
        _row("change", "text", "finding.change", ("new", "removed"), closed=True),
        _row("project.id", "text", "event.project.id"),
        _row("project.name", "text", "event.project.name"),
        _row("project.origin", "text", "event.project.origin"),
        _row("project.type", "text", "event.project.type"),
        _row("project.branch", "text", "event.project.branch"),
        _row("project.image_tag", "text", "event.project.image_tag"),
        _row("project.url", "text", "event.project.url"),
        _row("project.criticality", "criticality", "event.project.criticality", SEVERITIES),
        _row("project.environment", "list", "event.project.environment"),
        _row("project.lifecycle", "list", "event.project.lifecycle"),
        _row("org.id", "text", "event.org.id"),
        _row("org.slug", "text", "event.org.slug"),
        _row("org.name", "text", "event.org.name"),
        _row("group.id", "text", "event.group.id"),
        _row("group.name", "text", "event.group.name"),
        _row("source", "text", "event.source"),
        _row("event.id", "text", "event.id"),
        _row("event.type", "text", "event.type", _EVENT_TYPES, closed=True),
        _row("event.version", "text", "event.version"),
        _row("new_count", "number", "event.new_count"),
        _row("removed_count", "number", "event.removed_count"),
        _row("max_severity", "severity", "event.max_severity", SEVERITIES),
    )
}
"""The table; tags stand beside it, their keys are the operator's own."""

EVENT_ONLY = frozenset({"new_count", "removed_count", "max_severity"})
"""Fields of events as such, which no finding has."""
FINDING_ONLY = frozenset(name for name in FIELDS if "." not in name) - EVENT_ONLY - {"source"}
"""Fields that no event as such has."""
