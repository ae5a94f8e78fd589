"""A subject's walk through the tree: depth first, in file order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gateway.routing.expression import Failed
from gateway.routing.fields import Subject
from gateway.routing.names import Context, Tables
from gateway.routing.route import Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A route that took the subject, and what was worked out on the way."""

    route: Route
    labels: Mapping[str, str]
    failures: tuple[str, ...] = ()
    """Expressions that could not be worked out, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """Where a subject goes."""

    taken: tuple[Taken, ...]
    """In file order; none where nothing takes it."""
    when_errors: tuple[str, ...]
    """Names of the routes whose `when` could not be worked out."""
    outside: tuple[str, ...] = ()
    """Names of the routes that were left because of their hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One route that was judged on the way."""

    route: Route
    matched: bool
    why: str


@dataclass(slots=True)
class Walker:
    """Walks one subject through the tree at one time."""

    subject: Subject
    now: datetime
    tables: Tables
    steps: list[Step] | None = None
    """Collects why each route matched or not; None: nobody asks."""
    when_errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    passed_by: list[str] = field(default_factory=list)
    """What failed on routes that drop: who takes it instead is told."""

    def walk(self, root: Route) -> Walk:
        """Every route that takes the subject."""
        taken, _ = self._into(root, ())
        return Walk(
            taken=tuple(taken),
            when_errors=tuple(self.when_errors),
            outside=tuple(self.outside),
        )

    def _into(self, route: Route, failures: tuple[str, ...]) -> tuple[list[Taken], bool]:
        """Who takes it at or below the route, and whether the walk goes on to the siblings."""
        judged = self._judge(route)
        if judged is None:
            return [], True
        failures += judged
        taken: list[Taken] = []
        # Whoever asks why is told of every route; otherwise those that cannot match are passed by.
        children = (
            route.routes if self.steps is not None else route.children.candidates(self.subject)
        )
        for child in children:
            found, goes_on = self._into(child, failures)
            taken += found
            if not goes_on:
                break
        if not taken and route.takes == self.subject.kind:
            taken = [self.take(route, failures)]
        # Fail open: what an expression could not decide is told, and everybody else is asked, too.
        return taken, not taken or route.continues or bool(judged)

    def _judge(self, route: Route) -> tuple[str, ...] | None:
        """What failed where the route matches all the same; None where it does not match."""
        failing = route.failing(self.subject)
        if failing is not None:
            self._say(route, failing.why(self.subject) if self.steps is not None else "")
            return None
        if route.outside == "next" and not route.window.is_open(self.now):
            if route.takes == self.subject.kind:
                self.outside.append(route.name)
            self._say(route, "outside its hours, and `outside: next`")
            return None
        failed = self._failed_when(route)
        if failed is None:
            return None
        self._say(route, self._why(route, failed), matched=True)
        return failed

    def _failed_when(self, route: Route) -> tuple[str, ...] | None:
        """As `_judge`, by the route's `when` alone."""
        if route.when is None:
            return ()
        labels, _ = self._labels(route)
        held = route.when.holds(Context(self.subject, labels, self.tables))
        if not isinstance(held, Failed):
            if not held:
                self._say(route, f"when {route.when}: does not hold")
            return () if held else None
        self.when_errors.append(route.name)
        text = f"when of {route.name}: {held.why}"
        if not route.sinks or route.outside == "drop":
            self.passed_by.append(text)
            self._say(route, f"{text}; a route that drops does not match then")
            return None
        return (text,)

    def take(self, route: Route, failures: tuple[str, ...] = ()) -> Taken:
        """The subject as if it had come to this route."""
        labels, failed = self._labels(route)
        return Taken(route=route, labels=labels, failures=(*failures, *self.passed_by, *failed))

    def _labels(self, route: Route) -> tuple[Mapping[str, str], tuple[str, ...]]:
        labels: dict[str, str] = {}
        failed = []
        for name, text in route.labels:
            found = text.work_out(Context(self.subject, dict(labels), self.tables))
            if isinstance(found, Failed):
                failed.append(f"label {name} of {route.name}: {found.why}")
            labels[name] = "" if isinstance(found, Failed) else found
        return labels, tuple(failed)

    def _why(self, route: Route, failed: Sequence[str]) -> str:
        if self.steps is None:
            return ""
        told = [matcher.why(self.subject) for matcher in route.matchers]
        told += [f"when {route.when}: holds"] if route.when and not failed else []
        told += [f"{each}; it matches, to be safe" for each in failed]
        if route.takes != self.subject.kind:
            told.append(f"delivers {route.deliver}: walked through, never taken")
        return "; ".join(told) or "no matchers"

    def _say(self, route: Route, why: str, *, matched: bool = False) -> None:
        if self.steps is not None:
            self.steps.append(Step(route=route, matched=matched, why=why))
