"""Every template that can be reached, rendered against samples before anything is real."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Literal, NamedTuple

from gateway import samples
from gateway.alerting.telling import choose
from gateway.alerting.transition import Known, key_of, transition
from gateway.errors import TemplateError
from gateway.model.alert import Alert
from gateway.model.delivery import Told
from gateway.model.event import Event
from gateway.model.identity import NewId
from gateway.model.notice import Notice
from gateway.pipeline.compose import compose
from gateway.pipeline.matching import candidate
from gateway.pipeline.parts import Parts
from gateway.routing.tree import Route, group
from gateway.sinks.sink import Sink

_AT = datetime(2026, 1, 1, tzinfo=UTC)
_SAMPLES = ("new-critical", "new-mixed", "license", "container")


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
        for event in events:
            if (sink.name, template) in found:
                break
            for notice in notices(parts, route, event, sink):
                flaw = _flaw(parts, sink, template, notice)
                if flaw is not None:
                    found.setdefault((sink.name, template), flaw)
    return list(found.values())


def _reached(parts: Parts) -> Iterable[tuple[Sink, str | None, Route]]:
    """Each pair of sink and template that some route brings together."""
    seen: dict[tuple[str, str | None], Route] = {}
    for route in parts.tree.routes():
        for name in route.sinks:
            template = route.template or parts.sinks[name].settings.template
            seen.setdefault((name, template), route)
    return [(parts.sinks[name], template, route) for (name, template), route in seen.items()]


def _events(parts: Parts) -> Iterator[Event]:
    source = next(iter(parts.sources.values()))
    for name in _SAMPLES:
        for number, body in enumerate(samples.bodies(name, number=0, at=_AT)):
            yield source.read(
                samples.encode(body), id=f"evt_{name}_{number}", received_at=_AT, version="v0"
            )


def notices(parts: Parts, route: Route, event: Event, sink: Sink) -> Iterator[Notice]:
    """What the sink would be told of the event under the route, opened and then resolved."""
    opened = _opened(parts, route, event)
    for alert in opened:
        told = Told()
        for state in (alert, _resolved(alert)):
            notice = choose(
                state,
                state.revision,
                told,
                lifecycle=sink.lifecycle,
                send_resolved=sink.send_resolved,
            )
            if notice is not None:
                yield notice
            told = Told(revision=state.revision, tried=True)


def _opened(parts: Parts, route: Route, event: Event) -> tuple[Alert, ...]:
    routed = {
        key_of(finding, event): [
            candidate(route, group(route, finding, event), key_of(finding, event), parts.instance)
        ]
        for finding in event.findings
        if finding.change == "new"
    }
    return transition(event, routed, Known(), now=_AT, new_id=_numbered()).alerts


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
    if template is not None and parts.renderer.opts_out(template, sink.format):
        faults.append(f"the template {template!r} prints unescaped text (| raw)")
    return Flaw(sink.name, template, faults[0], "warning") if faults else None
