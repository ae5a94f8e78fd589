"""Which of a sink's deliveries come next: worst first, in order per alert key."""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from itertools import chain
from typing import Any

import sqlalchemy as sa

from gateway.model.severity import SEVERITIES
from gateway.store import lanes
from gateway.store.statements import at_most, rows_of, these
from gateway.store.tables import deliveries

# Each rank is a seek in the index, however many later ones wait.
_RANKS = range(len(SEVERITIES), -1, -1)

_earlier = deliveries.alias("earlier")
_FREE = ~(
    sa.exists()
    .where(
        _earlier.c.alert_key == deliveries.c.alert_key,
        _earlier.c.sink == deliveries.c.sink,
        _earlier.c.ended_at.is_(None),
        sa.or_(_earlier.c.state == "sending", _earlier.c.seq < deliveries.c.seq),
    )
    .correlate(deliveries)
)
"""Nothing else under the same alert key is in flight to the sink or comes first."""


_IS_LET_GO = (deliveries.c.next_attempt_at.is_not(None), deliveries.c.lease_until.is_(None))
_IS_WAITING = (*_IS_LET_GO, _FREE)
_IS_DUE = (*_IS_WAITING, deliveries.c.next_attempt_at <= sa.bindparam("now"))


def _of_rank(rank: int, most: int, *where: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """The first few of one of the sink's ranks, first due first."""
    of_sink = deliveries.c.sink == sa.bindparam("of_sink")
    return (
        sa.select(deliveries)
        .where(deliveries.c.severity == rank, of_sink, *where)
        .order_by(deliveries.c.next_attempt_at, deliveries.c.seq)
        .limit(at_most(most))
    )


def _of_each_rank(most: int, *where: sa.ColumnElement[bool]) -> sa.CompoundSelect[Any]:
    """The first few of each rank, in no order: no engine promises one."""
    names = ("id", "severity", "next_attempt_at", "seq")
    each = (
        _of_rank(rank, most, *where).with_only_columns(*(deliveries.c[name] for name in names))
        for rank in _RANKS
    )
    return sa.union_all(*(sa.select(one.subquery()) for one in each))


@cache
def _due(most: int) -> sa.CompoundSelect[Any]:
    return _of_each_rank(most, *_IS_DUE)


_FIRST_WAITING = _of_each_rank(1, *_IS_WAITING)
_EARLIEST = _of_each_rank(1, *_IS_LET_GO)
# What is taken is no one else's until the transaction ends; what is another's is passed over. Whose
# they are is known: asked for the sink too, SQLite would look at all that the sink is owed.
_TAKEN = sa.select(deliveries).where(these(deliveries.c.id), *_IS_DUE)
_TAKEN = _TAKEN.with_for_update(skip_locked=True, of=deliveries)


def first(connection: sa.Connection, sink: str, now: datetime, limit: int) -> list[sa.Row[Any]]:
    """Those that are due."""
    if limit <= 0:
        return []
    asked = {"of_sink": sink, "now": now}
    most = 2 ** (limit - 1).bit_length()  # of each number there is a statement: few are made
    due = sorted(connection.execute(_due(most), asked), key=_worst_first)
    ids = [row.id for row in due[:limit]]
    found = {row.id: row for row in rows_of(connection, _TAKEN, ids, **asked)}
    return [found[id_] for id_ in ids if id_ in found]


def _worst_first(row: sa.Row[Any]) -> tuple[int, datetime, int]:
    return -row.severity, row.next_attempt_at, row.seq


def first_of_each_lane(
    connection: sa.Connection, sink: str, now: datetime, limit: int
) -> list[sa.Row[Any]]:
    """Those that are due, no more than one of each lane, and none of a lane that waits."""
    rows: list[sa.Row[Any]] = []
    passed = {*lanes.waiting(connection, sink, now)}
    while len(rows) < limit:
        asked = {"of_sink": sink, "now": now}
        others = _others(passed)
        ranks = (_of_rank(rank, 1, *_IS_DUE, *others) for rank in _RANKS)
        mine = (each.with_for_update(skip_locked=True, of=deliveries) for each in ranks)
        found = (connection.execute(each, asked) for each in mine)
        row = next(chain.from_iterable(found), None)
        if row is None:
            break
        rows.append(row)
        passed.add(row.lane)
    return rows


def earliest(connection: sa.Connection, sink: str) -> datetime | None:
    """When the first of the sink's deliveries is due that is not in flight, be it free or not."""
    found = connection.execute(_EARLIEST, {"of_sink": sink})
    return min((row.next_attempt_at for row in found), default=None)


def next_of_each_rank(
    connection: sa.Connection, sink: str, passed: Collection[str]
) -> list[datetime]:
    """When those are due that come next, whose lane is none of these."""
    query = _of_each_rank(1, *_IS_WAITING, *_others(passed)) if passed else _FIRST_WAITING
    found = connection.execute(query, {"of_sink": sink})
    return [row.next_attempt_at for row in found]


def _others(passed: Collection[str]) -> list[sa.ColumnElement[bool]]:
    """Every lane but these; an empty list of them would be a query of its own."""
    return [deliveries.c.lane.not_in(passed)] if passed else []
