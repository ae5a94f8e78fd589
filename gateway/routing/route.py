"""One node of the tree, with what it inherits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

from gateway.model.delivery import Deliver
from gateway.routing.budget import Budget
from gateway.routing.expression import LabelText, When
from gateway.routing.fields import Subject, Subjects
from gateway.routing.index import Index
from gateway.routing.intervals import Interval, Window
from gateway.routing.matcher import Matcher
from gateway.routing.settings import Outside, RootSettings, RouteSettings

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Route:
    """One node of the tree; durations in seconds."""

    name: str
    depth: int
    """0 for the root."""
    matchers: tuple[Matcher, ...]
    when: When | None
    deliver: Deliver
    sinks: tuple[str, ...]
    """Empty: what it takes is dropped on purpose."""
    group_by: tuple[str, ...]
    labels: tuple[tuple[str, LabelText], ...]
    """Those of the routes above come first."""
    group_wait: float
    group_interval: float
    repeat_interval: float | None
    max_findings: int
    max_alerts: Budget
    window: Window
    outside: Outside
    template: str | None
    continues: bool
    routes: tuple["Route", ...]

    @property
    def takes(self) -> Subjects:
        """What may end here; the other kind only walks through."""
        return "event" if self.deliver == "events" else "finding"

    @cached_property
    def children(self) -> Index["Route"]:
        """The routes below, found by what they ask for."""
        return Index(self.routes, lambda route: route.matchers)

    def failing(self, subject: Subject) -> Matcher | None:
        """The first matcher that the subject does not meet; None where all hold."""
        for matcher in self.matchers:
            if not matcher.matches(subject):
                return matcher
        return None

    def with_all_below(self) -> Iterator["Route"]:
        """This route and every one below it, in file order."""
        yield self
        for child in self.routes:
            yield from child.with_all_below()


_ABOVE_ROOT = Route(
    name="",
    depth=-1,
    matchers=(),
    when=None,
    deliver="alerts",
    sinks=(),
    group_by=("event",),
    labels=(),
    group_wait=0.0,
    group_interval=0.0,
    repeat_interval=None,
    max_findings=20,
    max_alerts=Budget(50, 3600.0),
    window=Window(),
    outside="hold",
    template=None,
    continues=False,
    routes=(),
)
"""What the root has where it does not say otherwise."""


def build(
    settings: RootSettings | RouteSettings,
    intervals: Mapping[str, Interval],
    above: Route = _ABOVE_ROOT,
) -> Route:
    """The route and those below it; names of intervals that there are not count for nothing."""
    own = Route(
        name=settings.name,
        depth=above.depth + 1,
        matchers=tuple(settings.matchers or ()),
        when=settings.when,
        deliver=settings.deliver or above.deliver,
        sinks=_tuple(settings.sinks, above.sinks),
        group_by=_tuple(settings.group_by, above.group_by),
        labels=tuple({**dict(above.labels), **settings.labels}.items()),
        group_wait=_own(settings.group_wait, above.group_wait),
        group_interval=_own(settings.group_interval, above.group_interval),
        repeat_interval=_own(settings.repeat_interval, above.repeat_interval),
        max_findings=_own(settings.max_findings, above.max_findings),
        max_alerts=settings.max_alerts or above.max_alerts,
        window=_window(settings, intervals, above.window),
        outside=settings.outside or above.outside,
        template=settings.template or above.template,
        continues=bool(settings.continues),
        routes=(),
    )
    return replace(own, routes=tuple(build(child, intervals, own) for child in settings.routes))


def _window(
    settings: RootSettings | RouteSettings, intervals: Mapping[str, Interval], above: Window
) -> Window:
    def named(names: list[str] | None, inherited: tuple[Interval, ...]) -> tuple[Interval, ...]:
        if names is None:
            return inherited
        return tuple(intervals[name] for name in names if name in intervals)

    return Window(
        named(settings.active_time_intervals, above.active),
        named(settings.mute_time_intervals, above.mute),
    )


def _own(value: T | None, inherited: T) -> T:
    return inherited if value is None else value


def _tuple(values: list[str] | None, inherited: tuple[str, ...]) -> tuple[str, ...]:
    return inherited if values is None else tuple(values)
