"""The tree of routes, and a finding's walk through it: depth first, in file order."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

from gateway.model.event import Event
from gateway.model.finding import Finding
from gateway.model.identity import finding_key
from gateway.routing.fields import Subject
from gateway.routing.matcher import Matcher
from gateway.routing.settings import RootSettings, RouteSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One node of the tree, with what it inherits."""

    name: str
    depth: int
    """0 for the root."""
    matchers: tuple[Matcher, ...]
    sinks: tuple[str, ...]
    """Empty: what it takes is dropped on purpose."""
    group_by: tuple[str, ...]
    template: str | None
    continues: bool
    routes: tuple["Route", ...]

    def failing(self, subject: Subject) -> Matcher | None:
        """The first matcher that the subject does not meet; None where the route matches."""
        return next((each for each in self.matchers if not each.matches(subject)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One route that was judged on the way."""

    route: Route
    matched: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """The way of one finding through the tree."""

    steps: tuple[Step, ...]
    """In file order; routes that were not reached are not among them."""
    taken: tuple[Route, ...]
    """The routes whose alerts the finding joins; never none."""


@dataclass(frozen=True, slots=True)
class Tree:
    """The routes of one configuration."""

    root: Route

    @classmethod
    def build(cls, settings: RootSettings) -> Self:
        """The tree with every inheritance resolved."""
        above = Route(
            name="",
            depth=-1,
            matchers=(),
            sinks=(),
            group_by=("event",),
            template=None,
            continues=False,
            routes=(),
        )
        return cls(_route(settings, above))

    def route(self, finding: Finding, event: Event) -> tuple[Route, ...]:
        """The routes that take the finding, in file order."""
        return _walk(self.root, Subject(finding, event), [])

    def explain(self, finding: Finding, event: Event) -> Walk:
        """The same, with every route that was judged and why it matched or not."""
        subject = Subject(finding, event)
        judged: list[_Judged] = []
        taken = _walk(self.root, subject, judged)
        return Walk(steps=tuple(_step(*each, subject) for each in judged), taken=taken)

    def routes(self) -> tuple[Route, ...]:
        """Every route in file order, the root first."""
        return _with_children(self.root)


def group(route: Route, finding: Finding, event: Event) -> tuple[str, ...]:
    """The values of the route's `group_by`: findings with equal ones share an alert."""
    return tuple(_GROUPS[key](finding, event) for key in route.group_by)


_Judged = tuple[Route, Matcher | None]

_GROUPS: dict[str, Callable[[Finding, Event], str]] = {
    "event": lambda _finding, event: event.id,
    "finding": lambda finding, event: finding_key(
        event.org.id, event.project.id, finding.id, finding.package
    ),
    "project": lambda _finding, event: event.project.id,
    "org": lambda _finding, event: event.org.id,
}


def _route(settings: RootSettings | RouteSettings, above: Route) -> Route:
    own = Route(
        name=settings.name,
        depth=above.depth + 1,
        matchers=tuple(settings.matchers or ()),
        sinks=above.sinks if settings.sinks is None else tuple(settings.sinks),
        group_by=above.group_by if settings.group_by is None else tuple(settings.group_by),
        template=settings.template or above.template,
        continues=bool(settings.continues),
        routes=(),
    )
    return replace(own, routes=tuple(_route(child, own) for child in settings.routes))


def _walk(route: Route, subject: Subject, judged: list[_Judged]) -> tuple[Route, ...]:
    """The routes at or below this one that take the subject; none where it does not match."""
    failing = route.failing(subject)
    judged.append((route, failing))
    if failing:
        return ()
    taken: tuple[Route, ...] = ()
    for child in route.routes:
        takers = _walk(child, subject, judged)
        taken += takers
        if takers and not child.continues:
            break
    return taken or (route,)


def _step(route: Route, failing: Matcher | None, subject: Subject) -> Step:
    told = (failing,) if failing else route.matchers
    why = "; ".join(matcher.why(subject) for matcher in told) or "no matchers"
    return Step(route=route, matched=failing is None, why=why)


def _with_children(route: Route) -> tuple[Route, ...]:
    return (route, *(each for child in route.routes for each in _with_children(child)))
