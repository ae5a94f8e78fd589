"""Event and routing tree in, candidates and single deliveries out: who would hear of what."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gateway.alerting.changes import Candidate, Suppressed
from gateway.alerting.transition import key_of
from gateway.model.delivery import Owed
from gateway.model.event import INTERNAL, Event
from gateway.model.identity import alert_key, digest
from gateway.model.severity import rank
from gateway.pipeline.parts import Parts
from gateway.routing.fields import Subject
from gateway.routing.tree import Taken, Walk, group

INTERNAL_ROUTE = "internal"
"""Stands for `internal.sinks` where a delivery names its route."""


@dataclass(slots=True)
class Routed:
    """What the tree says of one event."""

    candidates: dict[str, list[Candidate]] = field(default_factory=dict)
    """By finding key: the alerts that each new finding belongs to. Removed ones have none: they are
    fixed wherever they are open, whatever the routes say."""
    findings: list[tuple[str, Owed]] = field(default_factory=list)
    """What is owed of single findings, with the finding's key."""
    events: list[Owed] = field(default_factory=list)
    """What is owed of the event as such."""
    taken: list[str] = field(default_factory=list)
    """Names of the routes that took a finding or the event."""
    dropped: list[Suppressed] = field(default_factory=list)
    when_errors: list[str] = field(default_factory=list)
    """Names of the routes whose `when` failed."""


def routed(event: Event, parts: Parts, now: datetime) -> Routed:
    """Where the event and each of its findings go at that time."""
    found = Routed()
    _route_event(found, event, parts, now)
    for finding in event.findings:
        walk = parts.tree.walk(Subject(finding, event), now)
        _note(found, walk)
        for taken in walk.taken:
            found.taken.append(taken.route.name)
            _take(found, taken, Subject(finding, event), parts, now)
        if finding.change == "new":
            found.candidates.setdefault(key_of(finding, event), [])
    return found


def candidate(taken: Taken, subject: Subject, key: str, instance: str) -> Candidate:
    """The place of one finding under one route that took it."""
    values = group(taken, subject)
    route = taken.route
    return Candidate(
        key=key,
        route=route.name,
        group=values,
        alert_key=alert_key(instance, route.name, values),
        sinks=route.sinks,
        labels=taken.labels,
        marks=taken.failures,
    )


def is_dropped(taken: Taken, now: datetime) -> bool:
    """Whether the route takes it only to drop it outside its hours."""
    return taken.route.outside == "drop" and not taken.route.window.is_open(now)


def _note(found: Routed, walk: Walk) -> None:
    """What is to be counted of a walk."""
    found.when_errors += walk.when_errors
    found.dropped += [Suppressed(route=name, reason="outside") for name in walk.outside]


def _take(found: Routed, taken: Taken, subject: Subject, parts: Parts, now: datetime) -> None:
    finding, event = subject.finding, subject.event
    if finding is None:  # a route for findings takes nothing else
        return
    key = key_of(finding, event)
    if taken.route.deliver == "alerts" and finding.change == "removed":
        return
    if is_dropped(taken, now):
        found.dropped.append(Suppressed(route=taken.route.name, reason="outside"))
    elif taken.route.deliver == "alerts":
        place = candidate(taken, subject, key, parts.instance)
        found.candidates.setdefault(key, []).append(place)
    else:
        identity = digest("finding", parts.instance, taken.route.name, event.id, key)
        found.findings += [
            (key, owed) for owed in _single(taken, identity, subject, taken.route.sinks, now)
        ]


def _route_event(found: Routed, event: Event, parts: Parts, now: datetime) -> None:
    walk = parts.tree.walk(Subject(None, event), now)
    _note(found, walk)
    is_internal = event.source == INTERNAL
    complained_of = {event.raw.get("internal", {}).get("sink")} if is_internal else set()
    told: set[str] = set()
    for taken in walk.taken:
        found.taken.append(taken.route.name)
        if not is_internal and is_dropped(taken, now):
            found.dropped.append(Suppressed(route=taken.route.name, reason="outside"))
            continue
        sinks = [sink for sink in taken.route.sinks if sink not in complained_of]
        identity = digest("event", parts.instance, taken.route.name, event.id)
        found.events += _single(taken, identity, Subject(None, event), sinks, now)
        told |= set(sinks)
    if is_internal:
        rest = [each for each in parts.internal_sinks if each not in told | complained_of]
        found.events += [_internal(parts, event, sink, now) for sink in rest]


def _single(
    taken: Taken, identity: str, subject: Subject, sinks: Sequence[str], now: datetime
) -> Iterator[Owed]:
    finding, event = subject.finding, subject.event
    severity = finding.rank if finding else rank(event.max_severity)
    for sink in sinks:
        yield Owed(
            deliver="findings" if finding else "events",
            alert_key=identity,
            route=taken.route.name,
            sink=sink,
            due=now,
            severity=severity,
            event_id=event.id,
            accepted_at=event.received_at,
            finding=finding.bare if finding else None,
            labels=taken.labels,
            marks=taken.failures,
            judged=event.source == INTERNAL,
        )


def _internal(parts: Parts, event: Event, sink: str, now: datetime) -> Owed:
    return Owed(
        deliver="events",
        alert_key=digest("event", parts.instance, INTERNAL_ROUTE, event.id),
        route=INTERNAL_ROUTE,
        sink=sink,
        due=now,
        severity=rank("critical"),  # trouble of the gateway's own waits behind nothing
        event_id=event.id,
        accepted_at=event.received_at,
        judged=True,
    )
