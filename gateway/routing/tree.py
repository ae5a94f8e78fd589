"""The tree of routes of one configuration."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Self

from gateway import codec
from gateway.model.identity import finding_key
from gateway.routing.fields import Subject, Texts, find_field
from gateway.routing.intervals import Interval
from gateway.routing.route import Route, build
from gateway.routing.settings import LABEL, RootSettings
from gateway.routing.walk import Step, Taken, Walk, Walker

__all__ = ["Explanation", "Route", "Step", "Taken", "Tree", "Walk", "group"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A walk with every route that was judged on it."""

    steps: tuple[Step, ...]
    """In file order; routes that were not reached are not among them."""
    taken: tuple[Taken, ...]
    when_errors: tuple[str, ...]


@dataclass(frozen=True)
class Tree:
    """The routes of one configuration."""

    root: Route
    tables: Mapping[str, Any] = field(default_factory=dict)
    """Look-ups for expressions."""

    @classmethod
    def build(
        cls,
        settings: RootSettings,
        *,
        intervals: Mapping[str, Interval] | None = None,
        tables: Mapping[str, Any] | None = None,
    ) -> Self:
        """The tree with every inheritance resolved."""
        return cls(build(settings, intervals or {}), tables or {})

    def walk(self, subject: Subject, now: datetime) -> Walk:
        """The routes that take the subject at that time, in file order."""
        return Walker(subject, now, self.tables).walk(self.root)

    def explain(self, subject: Subject, now: datetime) -> Explanation:
        """The same, with every route that was judged and why it matched or not."""
        steps: list[Step] = []
        walk = Walker(subject, now, self.tables, steps).walk(self.root)
        return Explanation(steps=tuple(steps), taken=walk.taken, when_errors=walk.when_errors)

    def take(self, route: Route, subject: Subject, now: datetime) -> Taken:
        """The subject as if it had come to this route at that time."""
        return Walker(subject, now, self.tables).take(route)

    def routes(self) -> tuple[Route, ...]:
        """Every route in file order, the root first."""
        return tuple(self._by_name.values())

    def find(self, name: str) -> Route | None:
        """The route of that name; None where there is none."""
        return self._by_name.get(name)

    @cached_property
    def has_windows(self) -> bool:
        """Whether any route delivers at certain times only."""
        return not all(route.window.is_always_open for route in self.routes())

    @cached_property
    def _by_name(self) -> Mapping[str, Route]:
        return {route.name: route for route in self.root.with_all_below()}


def group(taken: Taken, subject: Subject) -> tuple[str, ...]:
    """The values of the route's `group_by`: findings with equal ones share an alert."""
    return tuple(_value(key, taken, subject) for key in taken.route.group_by)


def _finding_key(subject: Subject) -> str:
    finding, event = subject.finding, subject.event
    if finding is None:
        return event.id
    return finding_key(event.org.id, event.project.id, finding.id, finding.package)


_OWN: Mapping[str, Callable[[Subject], str]] = {
    "event": lambda subject: subject.event.id,
    "project": lambda subject: subject.event.project.id,
    "org": lambda subject: subject.event.org.id,
    "finding": _finding_key,
}
# Strangers that have no identifier of a kind must not share an alert.
_IDENTIFIERS = frozenset({"cve", "cwe", "ghsa"})


def _value(key: str, taken: Taken, subject: Subject) -> str:
    if key in _OWN:
        return _OWN[key](subject)
    if key.startswith(LABEL):
        return taken.labels.get(key.removeprefix(LABEL), "")
    texts = subject.texts(find_field(key))
    if key in _IDENTIFIERS and not any(texts) and subject.finding is not None:
        return subject.finding.id
    return _joined(texts)


def _joined(texts: Texts) -> str:
    """One value as it is, several as a list that no single value can be taken for."""
    values = sorted(set(texts))
    if len(values) == 1 and not values[0].startswith("["):
        return values[0]
    return codec.encode(values).decode()
