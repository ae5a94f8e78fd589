"""Making up for a jump of the wall clock: nothing dies of it, and nothing waits longer for it."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from gateway.model import breaker
from gateway.store.columns import Moment
from gateway.store.judging import rejudge
from gateway.store.statements import is_shared
from gateway.store.tables import alerts, deliveries, lanes, sink_states

_MICROSECOND = timedelta(microseconds=1)
_LONGEST_WAIT = timedelta(hours=1)


def follow(connection: sa.Connection, by: timedelta, now: datetime) -> None:
    """Moves what counts from the clock before it jumped by so much; negative where it went back.

    Where replicas share the database it is the others' too, and stays.

    By nothing at all it still puts right what cannot be: a first try that is to come, or a wait
    beyond the longest, as a clock leaves them that was wrong while no gateway ran. What waits for a
    window or a silence goes by the clock on the wall and is judged now.
    """
    if is_shared(connection):
        return
    unfinished = deliveries.c.ended_at.is_(None)
    if by > timedelta():
        _move(connection, deliveries.c.first_attempt_at, by, unfinished)
    if by < timedelta():
        for column in (
            deliveries.c.next_attempt_at,
            deliveries.c.judge_at,
            sink_states.c.paused_until,
            sink_states.c.filled_at,
            sink_states.c.probe_at,
            lanes.c.free_at,
            alerts.c.remind_at,
        ):
            _move(connection, column, by)
    _bound(connection, deliveries.c.first_attempt_at, now, unfinished)
    _bound(connection, deliveries.c.next_attempt_at, now + _LONGEST_WAIT)
    _bound(connection, sink_states.c.paused_until, now + _LONGEST_WAIT)
    _bound(connection, sink_states.c.filled_at, now)
    _bound(connection, lanes.c.free_at, now + _LONGEST_WAIT)
    _bound(connection, sink_states.c.probe_at, now + breaker.LONGEST_WAIT)
    # Also by nothing: a start judges only where the files are in force, not an older configuration.
    rejudge(connection, "held", "muted", now=now)


def _move(
    connection: sa.Connection,
    column: sa.Column[Any],
    by: timedelta,
    *where: sa.ColumnElement[bool],
) -> None:
    moved = sa.type_coerce(sa.type_coerce(column, sa.BigInteger) + by // _MICROSECOND, Moment)
    _set(connection, column, moved, column.is_not(None), *where)


def _bound(
    connection: sa.Connection,
    column: sa.Column[Any],
    latest: datetime,
    *where: sa.ColumnElement[bool],
) -> None:
    _set(connection, column, latest, column > latest, *where)


def _set(
    connection: sa.Connection, column: sa.Column[Any], value: Any, *where: sa.ColumnElement[bool]
) -> None:
    connection.execute(sa.update(column.table).where(*where).values({column: value}))
