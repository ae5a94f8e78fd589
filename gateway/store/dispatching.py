"""Stored events that wait for dispatch: who has begun them, and how often they were tried."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import takewhile
from typing import Any

import sqlalchemy as sa

from gateway.store import clock, locks
from gateway.store.statements import at_most, chunks, is_shared, rows_of, these
from gateway.store.tables import events
from gateway.store.tables.arriving import unread

TRIES = 3
"""A poisonous event must not stop those behind it, nor be tried for ever."""
LEASE = timedelta(minutes=1)
"""For how long what was begun is one replica's to dispatch, unless it renews that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A stored event that is to be dispatched; its body is read apart."""

    id: str
    source: str
    version: str
    type: str
    received_at: datetime
    size: int
    """Bytes of its body."""
    tries: int
    """This one included."""
    again: bool
    """It was dispatched before: what was told since must not be undone."""


_PENDING = events.c.status == "pending"
_NEVER = events.c.context.is_(None)
_WAITING = (
    _PENDING & _NEVER,
    # What cannot be read is shown as such from the first moment, and is told of all the same.
    unread,
    _PENDING & ~_NEVER,
)
"""What arrived goes before what walks through the rules once more."""


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
    rows = _next(connection, _next_ones(limit, last=last), _free(connection, at))
    fresh = list(takewhile(lambda row: not row.tries, rows))
    begun = fresh or rows[:1]
    until = at + LEASE if is_shared(connection) else None
    for ids in chunks(row.id for row in begun):
        connection.execute(_COUNT, {"these": ids, "until": until})
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


def hold(connection: sa.Connection, begun: Sequence[Waiting]) -> frozenset[str]:
    """Ids of those that are still to be dispatched by the one who began them so; they stay so.

    Who was stopped for longer than the lease finds that another one began them meanwhile.
    """
    tries = {each.id: each.tries for each in begun}
    if not is_shared(connection):
        return frozenset(tries)
    query = sa.select(events.c.id, events.c.tries).where(sa.or_(*_WAITING)).order_by(events.c.seq)
    found = rows_of(connection, query.where(these(events.c.id)).with_for_update(), tries)
    return frozenset(row.id for row in found if row.tries == tries[row.id])


def by_id(connection: sa.Connection, event_id: str) -> Waiting | None:
    """The event with that id, to be read; None where there is none."""
    row = connection.execute(sa.select(events).where(events.c.id == event_id)).one_or_none()
    return None if row is None else _waiting(row, row.tries)


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
    connection: sa.Connection,
    queries: Sequence[sa.Select[Any]],
    free: Sequence[sa.ColumnElement[bool]],
) -> list[sa.Row[Any]]:
    found = (list(connection.execute(each.where(*free))) for each in queries)
    return next(filter(None, found), [])


@cache
def _next_ones(limit: int, *, last: bool) -> Sequence[sa.Select[Any]]:
    """What waits, first come first, in the order in which the kinds of it are looked at."""
    may = sa.true() if last else events.c.tries < TRIES - 1
    query = sa.select(events).where(may).order_by(events.c.seq).limit(at_most(limit))
    return [query.where(where) for where in _WAITING]


_COUNT = (
    sa.update(events)
    .where(these(events.c.id))
    .values(tries=events.c.tries + 1, lease_until=sa.bindparam("until"))
)


def _waiting(row: sa.Row[Any], tries: int) -> Waiting:
    return Waiting(
        id=row.id,
        source=row.source,
        version=row.version,
        type=row.type,
        received_at=row.received_at,
        size=row.bytes,
        tries=tries,
        again=row.context is not None,
    )
