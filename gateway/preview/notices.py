"""What each sink would be told of an event."""

from collections.abc import Iterator
from datetime import datetime
from itertools import count

from gateway.alerting.changes import Known
from gateway.alerting.single import notice_of
from gateway.alerting.telling import choose
from gateway.alerting.transition import transition
from gateway.model.alert import Alert
from gateway.model.delivery import Owed, Told
from gateway.model.event import Event
from gateway.model.identity import NewId
from gateway.model.notice import Notice
from gateway.pipeline.matching import Routed, routed
from gateway.pipeline.opening import with_settings
from gateway.pipeline.parts import Parts
from gateway.preview.reading import skipped


def notices(parts: Parts, event: Event, body: bytes, at: datetime) -> Iterator[tuple[str, Notice]]:
    """Each notice with the name of its sink: of alerts, then of findings, then of the event."""
    ways = routed(event, parts, at)
    for alert in _opened(parts, event, ways, at):
        for name in alert.sinks:
            sink = parts.sinks[name]
            notice = choose(
                alert,
                alert.revision,
                Told(),
                lifecycle=sink.lifecycle,
                send_resolved=sink.send_resolved,
            )
            if notice is not None:
                yield name, notice
    for owed in (*_of_findings(parts, event, ways), *ways.events):
        yield owed.sink, _single(owed, event, body)


def _of_findings(parts: Parts, event: Event, ways: Routed) -> Iterator[Owed]:
    """What is owed of single findings, without those that the source leaves out."""
    for _, owed in ways.findings:
        finding = owed.finding
        if finding is None or not skipped(parts, event, ignored=finding.ignored):
            yield owed


def _opened(parts: Parts, event: Event, ways: Routed, at: datetime) -> list[Alert]:
    changes = transition(
        event,
        ways.candidates,
        Known(),
        now=at,
        new_id=_numbered(),
        skip_ignored=parts.sources[event.source].skip_ignored,
        resolving=parts.resolving,
        terms=parts.terms,
        instance=parts.instance,
    )
    return [with_settings(parts, alert) for alert in changes.alerts]


def _single(owed: Owed, event: Event, body: bytes) -> Notice:
    return notice_of(
        event,
        deliver=owed.deliver,
        key=owed.alert_key,
        route=owed.route,
        sink=owed.sink,
        labels=owed.labels,
        finding=owed.finding,
        marks=owed.marks,
        payload=body if owed.deliver == "events" else None,
    )


def _numbered() -> NewId:
    numbers = count(1)
    return lambda prefix, _now: f"{prefix}_preview_{next(numbers)}"
