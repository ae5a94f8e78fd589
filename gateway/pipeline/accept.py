"""Stores a verified webhook; what it returns was committed."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Literal

from gateway import logs
from gateway.clock import Clock
from gateway.errors import GatewayError, Unavailable, Unreadable
from gateway.metrics import Metrics, label
from gateway.model.event import Arrival, Event, EventStatus
from gateway.model.identity import NewId
from gateway.pipeline.answering import Answering
from gateway.pipeline.batch import Batch
from gateway.pipeline.beside import Beside
from gateway.pipeline.reading import Read, unread
from gateway.sources.source import Headers, Source
from gateway.store import events
from gateway.store.store import Store

TYPES = frozenset({"project_snapshot", "ping", "unreadable"})

# Seconds: a store that is frozen says nothing, and the sender is to hear that nothing is stored. If
# it was, the sender's next try is a duplicate.
_PATIENCE = 20.0

Status = Literal["accepted", "duplicate", "unreadable"]


@dataclass(frozen=True, slots=True)
class Accepted:
    """What Snyk is answered."""

    event: str
    status: Status


class Accept:
    """Stores webhooks; raises Unavailable where the store cannot commit."""

    def __init__(
        self,
        store: Store,
        beside: Beside,
        answering: Answering,
        *,
        clock: Clock,
        metrics: Metrics,
        new_id: NewId,
        keep: Callable[[Source, Read], None],
        wake: Callable[[], None],
    ) -> None:
        """`keep` gets what was read, before it is stored; `wake` says that something was."""
        self._keep = keep
        self._beside = beside
        self._answering = answering
        self._clock = clock
        self._metrics = metrics
        self._new_id = new_id
        self._wake = wake
        self._log = logs.get("accept")
        self._add: Batch[Arrival, events.Added] = Batch(
            lambda arrivals: store.write(lambda connection: events.add(connection, arrivals))
        )

    async def __call__(self, source: Source, body: bytes, headers: Headers) -> Accepted:
        """The event's id and what became of it, after the commit that holds the body."""
        with self._answering.one():
            return await self._accepted(source, body, headers)

    async def _accepted(self, source: Source, body: bytes, headers: Headers) -> Accepted:
        now = self._clock.now()
        id_ = self._new_id("evt", now)
        arrival = await self._read(source, partial(read, source, body, headers, now, id_), body)
        added = await self._stored(arrival)
        status = _status(arrival, duplicate=added.duplicate)
        self._count(arrival, status)
        self._log.info("event", event_id=added.id, status=status, **_facts(arrival))
        if not added.duplicate:
            self._wake()
        return Accepted(added.id, status)

    async def _read(
        self, source: Source, work: Callable[[], tuple[Event, Arrival]], body: bytes
    ) -> Arrival:
        """What is stored; the event itself takes too much memory to wait for the store here."""
        event, arrival = await self._beside.first(len(body), work)
        # A foreign one is never dispatched. Nor is a duplicate: what is kept of it makes room.
        if arrival.status != "foreign":
            self._keep(source, Read(event, body, arrival.error))
        return arrival

    async def _stored(self, arrival: Arrival) -> events.Added:
        try:
            async with asyncio.timeout(_PATIENCE):
                return await self._add(arrival)
        except TimeoutError:
            raise Unavailable("the store does not answer") from None
        except GatewayError:
            raise
        except Exception as error:
            self._log.exception("not stored", event_id=arrival.id)
            raise Unavailable from error

    def _count(self, arrival: Arrival, status: Status) -> None:
        kind = label(arrival.type, TYPES)
        self._metrics.events.labels(arrival.source, kind, status).inc()
        self._metrics.last_event_timestamp.labels(arrival.source).set(
            arrival.received_at.timestamp()
        )


def read(
    source: Source, body: bytes, headers: Headers, now: datetime, id_: str
) -> tuple[Event, Arrival]:
    """The event in a verified webhook, and what is stored of it; an unreadable one as it came."""
    transport_id, version = source.transport_id(headers), source.version(headers)
    error = ""
    try:
        event = source.read(body, id=id_, received_at=now, version=version)
    except Unreadable as unreadable:
        error = str(unreadable)
        event = unread(id=id_, source=source.name, version=version, received_at=now)
    new_count = sum(finding.change == "new" for finding in event.findings)
    return event, Arrival(
        id=id_,
        source=source.name,
        dedup=_dedup(source.name, event.type, transport_id, body),
        status=_stored_as(source, event, error),
        type=event.type,
        version=version,
        transport_id=transport_id,
        received_at=now,
        project_id=event.project.id,
        project_name=event.project.name,
        org_id=event.org.id,
        new_count=new_count,
        removed_count=len(event.findings) - new_count,
        unreadable_issues=event.unreadable_issues,
        error=error,
        body=body,
    )


def _stored_as(source: Source, event: Event, error: str) -> EventStatus:
    if error:
        return "unreadable"
    return "pending" if source.takes(event) else "foreign"


def _dedup(source: str, kind: str, transport_id: str, body: bytes) -> bytes:
    """A body is a duplicate of itself; pings, all alike, are told apart by their transport id."""
    told_apart = transport_id if kind == "ping" else ""
    digest = hashlib.sha256(body).digest()
    return hashlib.sha256(repr((source, told_apart)).encode() + digest).digest()


def _status(arrival: Arrival, *, duplicate: bool) -> Status:
    if duplicate:
        return "duplicate"
    return "unreadable" if arrival.error else "accepted"


def _facts(arrival: Arrival) -> dict[str, object]:
    return {
        "source": arrival.source,
        "type": arrival.type,
        "project": arrival.project_id,
        "new": arrival.new_count,
        "removed": arrival.removed_count,
        "bytes": len(arrival.body),
    }
