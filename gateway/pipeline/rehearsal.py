"""Every template that can be reached, rendered against samples before anything is real."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from typing import Literal, NamedTuple

from gateway import samples
from gateway.alerting.changes import Known
from gateway.alerting.owing import reminded
from gateway.alerting.rollup import rolled_up
from gateway.alerting.single import notice_of
from gateway.alerting.telling import choose
from gateway.alerting.transition import key_of, transition
from gateway.errors import TemplateError
from gateway.model.alert import Alert
from gateway.model.budget import Spent
from gateway.model.delivery import Told
from gateway.model.event import INTERNAL, Event
from gateway.model.identity import NewId
from gateway.model.notice import Notice
from gateway.pipeline.compose import compose
from gateway.pipeline.matching import candidate
from gateway.pipeline.parts import Parts
from gateway.routing.fields import Subject
from gateway.routing.tree import Route
from gateway.sinks.fallback import chain
from gateway.sinks.sink import Sink, fallbacks

_AT = datetime(2026, 1, 1, tzinfo=UTC)
_SAMPLES = ("new-critical", "new-mixed", "license", "container", "large")

# Of one event: a large one opens fifty that are much alike, and check must stay quick.
_ALERTS = 10


class Flaw(NamedTuple):
    """What a sample brought to light."""

    sink: str
    template: str | None
    text: str
    level: Literal["problem", "warning"]


def rehearse(parts: Parts) -> list[Flaw]:
    """What is wrong with the messages that samples make, once per sink and template."""
    found: dict[tuple[str, str | None], Flaw] = {}
    events = list(_events(parts))
    for sink, template, route in _reached(parts):
        told = [*events, *_others()] if route.deliver == "events" else events
        made = (notice for event in told for notice in notices(parts, route, event, sink))
        flaws = (_flaw(parts, sink, template, notice) for notice in made)
        worst = _worst([found.get((sink.name, template)), *flaws])
        if worst is not None:
            found[sink.name, template] = worst
    return list(found.values())


def _worst(flaws: Sequence[Flaw | None]) -> Flaw | None:
    """The first problem, or where there is none the first warning."""
    found = [flaw for flaw in flaws if flaw is not None]
    return next((flaw for flaw in found if flaw.level == "problem"), found[0] if found else None)


def _reached(parts: Parts) -> Iterable[tuple[Sink, str | None, Route]]:
    """Each sink and template that some route brings together, with such a route.

    Routes count as one where a template sees the same: what they deliver, and which labels.
    """
    seen: dict[tuple[str, str | None, str, tuple[str, ...]], Route] = {}
    standing_in = fallbacks(parts.sinks.values())
    for route in parts.tree.routes():
        labels = tuple(sorted(name for name, _ in route.labels))
        for name in dict.fromkeys(
            each for first in route.sinks for each in (first, *chain(first, standing_in))
        ):
            template = route.template or parts.sinks[name].settings.template
            seen.setdefault((name, template, route.deliver, labels), route)
    return [(parts.sinks[name], template, route) for (name, template, *_), route in seen.items()]


def _events(parts: Parts) -> Iterator[Event]:
    source = next(iter(parts.sources.values()))
    for id_, body in _bodies():
        yield source.read(body, id=id_, received_at=_AT, version="v0")


@cache
def _bodies() -> tuple[tuple[str, bytes], ...]:
    """The samples with the ids of their events; every reload rehearses the same ones."""
    return tuple(
        (f"evt_{name}_{number}", samples.encode(body))
        for name in _SAMPLES
        for number, body in enumerate(samples.bodies(name, number=0, at=_AT))
    )


def _others() -> Iterator[Event]:
    """Events as such that list nothing."""
    for kind in ("ping", "unreadable", "internal"):
        said = {"internal": {"kind": "sample", "text": "a sample"}} if kind == "internal" else {}
        yield Event(
            id=f"evt_{kind}",
            source=INTERNAL if said else "snyk",
            type=kind,
            version="v0",
            received_at=_AT,
            raw={"project": {}, "org": {}, **said},
        )


def notices(parts: Parts, route: Route, event: Event, sink: Sink) -> Iterator[Notice]:
    """What the sink would be told of the event under the route: opened, reminded of, resolved."""
    if route.deliver != "alerts":
        yield from _single(parts, route, event, sink)
        return
    reminds = parts.terms[route.name].repeat_interval is not None
    opened = _opened(parts, route, event)
    rollups = (*(alert for alert in opened if alert.rollup), *_rolled_up(parts, opened))
    for alert in (*opened[:_ALERTS], *rollups):
        told = Told()
        again = reminded(alert, now=_AT)[0]
        reminders = [(again, True)] if reminds else []
        for state, reminder in ((alert, False), *reminders, (_resolved(again), False)):
            notice = choose(
                state,
                state.revision,
                told,
                lifecycle=sink.lifecycle,
                send_resolved=sink.send_resolved,
                reminder=reminder,
            )
            if notice is not None:
                yield notice
            told = Told(revision=state.revision, tried=True)


def _single(parts: Parts, route: Route, event: Event, sink: Sink) -> Iterator[Notice]:
    findings = event.findings if route.deliver == "findings" else (None,)
    for finding in findings:
        yield notice_of(
            event,
            deliver=route.deliver,
            key="sample",
            route=route.name,
            sink=sink.name,
            labels=parts.tree.take(route, Subject(finding, event), _AT).labels,
            finding=finding,
        )


def _opened(parts: Parts, route: Route, event: Event) -> tuple[Alert, ...]:
    routed = {}
    for finding in event.findings:
        if finding.change == "new":
            subject, key = Subject(finding, event), key_of(finding, event)
            taken = parts.tree.take(route, subject, _AT)
            routed[key] = [candidate(taken, subject, key, parts.instance)]
    return transition(event, routed, Known(), now=_AT, new_id=_numbered()).alerts


def _rolled_up(parts: Parts, alerts: Sequence[Alert]) -> tuple[Alert, ...]:
    """The one that stands for these, where none does yet."""
    if not alerts or any(alert.rollup for alert in alerts):
        return ()
    changes = rolled_up(
        alerts,
        None,
        Spent(since=_AT, opened=len(alerts)),
        now=_AT,
        new_id=_numbered(),
        terms=parts.terms,
        resolving=parts.resolving,
        instance=parts.instance,
    )
    return tuple(alert for alert in changes.alerts if alert.rollup)


def _resolved(alert: Alert) -> Alert:
    """The alert once everything in it was fixed."""
    now = _AT + timedelta(hours=1)
    gone = tuple(replace(entry.finding, change="removed") for entry in alert.entries)
    event = replace(alert.event, received_at=now, findings=gone)
    return transition(event, {}, Known(alerts=[alert]), now=now, new_id=_numbered()).alerts[0]


def _numbered() -> NewId:
    """Ids that are the same at every rehearsal."""
    numbers = count(1)
    return lambda prefix, _now: f"{prefix}_sample_{next(numbers)}"


def _flaw(parts: Parts, sink: Sink, template: str | None, notice: Notice) -> Flaw | None:
    if template is not None:
        missing = parts.renderer.missing(template, sink.format)
        if missing is not None:
            return Flaw(sink.name, template, missing, "problem")
    try:
        composed = compose(parts, notice, sink, timestamp=int(_AT.timestamp()))
    except TemplateError as error:
        return Flaw(sink.name, template, f"fails on a sample: {error}", "problem")
    if composed.failed is not None:
        return Flaw(sink.name, template, f"fails on a sample: {composed.failed}", "problem")
    faults = [f"on a sample: {fault}" for fault in sink.faults(composed.message)]
    formats = (sink.format, *sink.also)
    if template is not None and any(parts.renderer.opts_out(template, each) for each in formats):
        faults.append(f"the template {template!r} prints unescaped text (| raw)")
    return Flaw(sink.name, template, faults[0], "warning") if faults else None
