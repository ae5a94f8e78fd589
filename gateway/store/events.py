"""Webhooks as they arrived, and how far each has come."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any, Literal

import sqlalchemy as sa

from gateway.model.event import Arrival, Event
from gateway.store import locks
from gateway.store.dispatching import (
    TRIES,
    Waiting,
    begin,
    by_id,
    hold,
    let_go,
    put_back,
    renew,
)
from gateway.store.statements import chunks, insert, rows_of, these
from gateway.store.tables import bodies, events

__all__ = [
    "TRIES",
    "Added",
    "End",
    "Ended",
    "Waiting",
    "add",
    "add_unless_recent",
    "again",
    "arrived_later",
    "begin",
    "bodies_of",
    "body",
    "by_id",
    "contexts",
    "fail",
    "finish",
    "finish_all",
    "hold",
    "known",
    "let_go",
    "put_back",
    "renew",
]

_BODIES = sa.select(bodies).where(these(bodies.c.event_id))
_BY_ID = sa.select(events).where(these(events.c.id))
_BY_DEDUP = sa.select(events.c.dedup, events.c.id).where(these(events.c.dedup))
_FINISH = sa.update(events).where(events.c.id == sa.bindparam("the_id"))

Ended = Literal["dispatched", "failed", "unreadable", "foreign"]
"""How dispatch may end."""


@dataclass(frozen=True, slots=True)
class Added:
    """What became of one arrival."""

    id: str
    """Of the stored event: the earlier one's where this one is a duplicate."""
    duplicate: bool


def add(connection: sa.Connection, arrivals: Sequence[Arrival]) -> list[Added]:
    """What became of each arrival, in order; a duplicate leaves no trace but its answer."""
    if not arrivals:
        return []
    new = _insert(connection, arrivals)
    known = _ids(connection, [arrival.dedup for arrival in arrivals if arrival.id not in new])
    packed = [
        {"event_id": arrival.id, "body": zlib.compress(arrival.body, 1)}
        for arrival in arrivals
        if arrival.id in new
    ]
    if packed:
        connection.execute(bodies.insert(), packed)
    return [
        Added(arrival.id, duplicate=False)
        if arrival.id in new
        else Added(known[arrival.dedup], duplicate=True)
        for arrival in arrivals
    ]


def add_unless_recent(connection: sa.Connection, arrival: Arrival, since: datetime) -> bool:
    """Whether it was stored: none of its source, type and transport id came since then."""
    locks.take(connection, locks.ALARM)
    same = sa.select(events.c.id).where(
        events.c.received_at > since,
        events.c.source == arrival.source,
        events.c.type == arrival.type,
        events.c.transport_id == arrival.transport_id,
    )
    if connection.execute(same.limit(1)).first() is not None:
        return False
    return not add(connection, [arrival])[0].duplicate


def body(connection: sa.Connection, event_id: str) -> bytes:
    """The body as it arrived."""
    query = sa.select(bodies.c.body).where(bodies.c.event_id == event_id)
    return zlib.decompress(connection.execute(query).scalar_one())


def bodies_of(connection: sa.Connection, event_ids: Sequence[str]) -> dict[str, bytes]:
    """The bodies of these events as they arrived, by id."""
    found = rows_of(connection, _BODIES, event_ids)
    return {row.event_id: zlib.decompress(row.body) for row in found}


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How dispatch of an event ended."""

    event: Event
    status: Ended = "dispatched"
    error: str = ""


def finish(
    connection: sa.Connection, event: Event, *, status: Ended = "dispatched", error: str = ""
) -> None:
    """Marks the event as dispatched, and keeps what alerts need to know of it."""
    finish_all(connection, [End(event=event, status=status, error=error)])


def finish_all(connection: sa.Connection, ends: Sequence[End]) -> None:
    """Does the same for each of these."""
    rows = [
        {
            "the_id": each.event.id,
            "status": each.status,
            "error": each.error,
            "context": each.event.context,
            "lease_until": None,
        }
        for each in ends
    ]
    if rows:
        connection.execute(_FINISH, rows)


def fail(connection: sa.Connection, event_id: str, error: str) -> None:
    """Marks the event as failed, and why."""
    _change(connection, event_id, status="failed", error=error, lease_until=None)


def again(
    connection: sa.Connection,
    *,
    ids: Sequence[str] | None = None,
    since: datetime | None = None,
    dry_run: bool = False,
) -> int:
    """How many ended events, those with these ids or since then, are to be dispatched once more."""
    which = [events.c.status != "pending", events.c.type != "internal"]
    if since is not None:
        which.append(events.c.received_at >= since)
    groups = [[*which, events.c.id.in_(some)] for some in chunks(ids or ())] or [which]
    if ids is None and since is None:
        return 0
    if dry_run:
        count = sa.select(sa.func.count()).select_from(events)
        return sum(connection.execute(count.where(*group)).scalar_one() for group in groups)
    waits = sa.update(events).values(status="pending", tries=0, lease_until=None)
    return sum(connection.execute(waits.where(*group)).rowcount for group in groups)


def known(connection: sa.Connection, event_ids: Sequence[str]) -> frozenset[str]:
    """Those of these ids that there are."""
    return frozenset(
        id_
        for some in chunks(event_ids)
        for id_ in connection.execute(sa.select(events.c.id).where(events.c.id.in_(some))).scalars()
    )


def arrived_later(
    connection: sa.Connection, event_id: str, others: Mapping[str, str]
) -> frozenset[str]:
    """Of these keys with the events that last changed them, those whose event came after this."""
    order = {
        row.id: row.seq
        for some in chunks([event_id, *others.values()])
        for row in connection.execute(
            sa.select(events.c.id, events.c.seq).where(events.c.id.in_(some))
        )
    }
    mine = order[event_id]
    return frozenset(key for key, id_ in others.items() if order.get(id_, 0) > mine)


def contexts(connection: sa.Connection, event_ids: Sequence[str]) -> dict[str, Event]:
    """The events without their findings, by id."""
    found = rows_of(connection, _BY_ID, event_ids)
    return {row.id: row.context or _outline(row) for row in found}


def _insert(connection: sa.Connection, arrivals: Sequence[Arrival]) -> set[str]:
    """Ids of those that were not there before."""
    rows = [_values(arrival) for arrival in arrivals]
    return set(connection.execute(_unless_known(connection.dialect.name), rows).scalars())


@cache
def _unless_known(dialect: str) -> sa.Executable:
    statement = insert(dialect, events).on_conflict_do_nothing(index_elements=["dedup"])
    return statement.returning(events.c.id)


def _values(arrival: Arrival) -> dict[str, Any]:
    return {
        "id": arrival.id,
        "source": arrival.source,
        "dedup": arrival.dedup,
        "status": arrival.status,
        "type": arrival.type,
        "version": arrival.version,
        "transport_id": arrival.transport_id,
        "received_at": arrival.received_at,
        "project_id": arrival.project_id,
        "project_name": arrival.project_name,
        "org_id": arrival.org_id,
        "new_count": arrival.new_count,
        "removed_count": arrival.removed_count,
        "unreadable_issues": arrival.unreadable_issues,
        "tries": 0,
        "error": arrival.error,
        "bytes": len(arrival.body),
    }


def _ids(connection: sa.Connection, digests: Sequence[bytes]) -> dict[bytes, str]:
    return {row.dedup: row.id for row in rows_of(connection, _BY_DEDUP, digests)}


def _change(connection: sa.Connection, event_id: str, **values: Any) -> None:
    connection.execute(sa.update(events).where(events.c.id == event_id).values(**values))


def _outline(row: sa.Row[Any]) -> Event:
    """What the columns know of an event whose dispatch has not ended."""
    event = Event(
        id=row.id,
        source=row.source,
        type=row.type,
        version=row.version,
        received_at=row.received_at,
        unreadable_issues=row.unreadable_issues,
    )
    project = replace(event.project, id=row.project_id, name=row.project_name)
    return replace(event, project=project, org=replace(event.org, id=row.org_id))
