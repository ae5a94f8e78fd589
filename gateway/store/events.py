"""Webhooks as they arrived, and how far each has come."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, Literal

import sqlalchemy as sa

from gateway.model.event import Arrival, Event
from gateway.store import clock, locks
from gateway.store.statements import chunks, insert, is_shared
from gateway.store.tables import bodies, events

TRIES = 3
"""A poisonous event must not stop those behind it, nor be tried for ever."""
LEASE = timedelta(minutes=1)
"""For how long what was begun is one replica's to dispatch, unless it renews that."""
Ended = Literal["dispatched", "failed", "unreadable", "foreign"]
"""How dispatch may end."""


@dataclass(frozen=True, slots=True)
class Added:
    """What became of one arrival."""

    id: str
    """Of the stored event: the earlier one's where this one is a duplicate."""
    duplicate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A stored event that is to be dispatched; its body is read apart."""

    id: str
    source: str
    version: str
    type: str
    received_at: datetime
    tries: int
    """This one included."""
    again: bool
    """It was dispatched before: what was told since must not be undone."""


_PENDING = events.c.status == "pending"
_NEVER = events.c.context.is_(None)
_WAITING = (
    _PENDING & _NEVER,
    # What cannot be read is shown as such from the first moment, and is told of all the same.
    (events.c.status == "unreadable") & _NEVER,
    _PENDING & ~_NEVER,
)
"""What arrived goes before what walks through the rules once more."""


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


def begin(
    connection: sa.Connection, limit: int, *, now: datetime, last: bool = True
) -> list[Waiting]:
    """The next events to dispatch, the oldest first; their try is counted before it begins.

    One that was tried before comes alone. It may be what ended the process: were others begun with
    it, its tries would count for theirs. Without `last` those that have one try left are let wait.
    What a replica has begun no other one begins before the lease ends, nor what came later of the
    same project.
    """
    locks.take(connection, locks.DISPATCH)
    at = clock.now(connection, now)
    may = [sa.true() if last else events.c.tries < TRIES - 1, *_free(connection, at)]
    rows = _next(connection, limit, sa.and_(*may))
    fresh = list(takewhile(lambda row: not row.tries, rows))
    begun = fresh or rows[:1]
    until = at + LEASE if is_shared(connection) else None
    for ids in chunks(row.id for row in begun):
        counted = sa.update(events).where(events.c.id.in_(ids))
        connection.execute(counted.values(tries=events.c.tries + 1, lease_until=until))
    return [_waiting(row, row.tries + 1) for row in begun]


def renew(connection: sa.Connection, begun: Sequence[Waiting], now: datetime) -> None:
    """Keeps these for the one who began them, as long again from now."""
    if is_shared(connection):
        until = clock.now(connection, now) + LEASE
        _change_all(connection, begun, lease_until=until)


def put_back(connection: sa.Connection, begun: Sequence[Waiting]) -> None:
    """Has these begun again, by anybody: their try failed, and counts."""
    _change_all(connection, begun, lease_until=None)


def let_go(connection: sa.Connection, begun: Sequence[Waiting]) -> None:
    """The same of those that were not tried: it is as if they had not been begun."""
    _change_all(connection, begun, lease_until=None, tries=events.c.tries - 1)


def hold(connection: sa.Connection, begun: Waiting) -> bool:
    """Whether the event is still to be dispatched by the one who began it so; if so, it stays so.

    Who was stopped for longer than the lease finds that another one began it meanwhile.
    """
    if not is_shared(connection):
        return True
    held = sa.select(events.c.id).where(events.c.id == begun.id, *_as_begun(begun))
    return connection.execute(held.with_for_update()).first() is not None


def by_id(connection: sa.Connection, event_id: str) -> Waiting | None:
    """The event with that id, to be read; None where there is none."""
    row = connection.execute(sa.select(events).where(events.c.id == event_id)).one_or_none()
    return None if row is None else _waiting(row, row.tries)


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


def finish(
    connection: sa.Connection, event: Event, *, status: Ended = "dispatched", error: str = ""
) -> None:
    """Marks the event as dispatched, and keeps what alerts need to know of it."""
    _change(
        connection, event.id, status=status, error=error, context=event.context, lease_until=None
    )


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
    found: dict[str, Event] = {}
    for ids in chunks(event_ids):
        for row in connection.execute(sa.select(events).where(events.c.id.in_(ids))):
            found[row.id] = row.context or _outline(row)
    return found


def _free(connection: sa.Connection, at: datetime) -> list[sa.ColumnElement[bool]]:
    """What nobody has begun, and nothing before it of the same project either."""
    if not is_shared(connection):
        return []
    begun = sa.select(events.c.source, events.c.project_id).where(
        events.c.lease_until.is_not(None), events.c.lease_until > at
    )
    busy = {(row.source, row.project_id) for row in connection.execute(begun)}
    over = events.c.lease_until.is_(None) | (events.c.lease_until <= at)
    theirs = [
        ~((events.c.source == source) & (events.c.project_id == project))
        for source, project in sorted(busy)
        if project
    ]
    return [over, *theirs]


def _as_begun(begun: Waiting) -> list[sa.ColumnElement[bool]]:
    return [events.c.tries == begun.tries, sa.or_(*_WAITING)]


def _change_all(connection: sa.Connection, begun: Sequence[Waiting], **values: Any) -> None:
    for each in begun:
        mine = sa.update(events).where(events.c.id == each.id, *_as_begun(each))
        connection.execute(mine.values(**values))


def _next(
    connection: sa.Connection, limit: int, which: sa.ColumnElement[bool]
) -> list[sa.Row[Any]]:
    query = sa.select(events).where(which).order_by(events.c.seq).limit(limit)
    found = (list(connection.execute(query.where(where))) for where in _WAITING)
    return next(filter(None, found), [])


def _waiting(row: sa.Row[Any], tries: int) -> Waiting:
    return Waiting(
        id=row.id,
        source=row.source,
        version=row.version,
        type=row.type,
        received_at=row.received_at,
        tries=tries,
        again=row.context is not None,
    )


def _insert(connection: sa.Connection, arrivals: Sequence[Arrival]) -> set[str]:
    """Ids of those that were not there before."""
    statement = (
        insert(connection, events)
        .on_conflict_do_nothing(index_elements=["dedup"])
        .returning(events.c.id)
    )
    return set(connection.execute(statement, [_values(arrival) for arrival in arrivals]).scalars())


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
    query = sa.select(events.c.dedup, events.c.id)
    return {
        row.dedup: row.id
        for some in chunks(digests)
        for row in connection.execute(query.where(events.c.dedup.in_(some)))
    }


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
