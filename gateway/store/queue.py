"""Which of a sink's deliveries come next: worst first, in order per alert key."""

from collections.abc import Collection
from datetime import datetime
from itertools import chain
from typing import Any

import sqlalchemy as sa

from gateway.model.severity import SEVERITIES
from gateway.store import lanes
from gateway.store.tables import deliveries

# One look per rank: each is a seek in the index, however many later ones wait.
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


_WAITING = (
    sa.select(deliveries)
    .where(
        deliveries.c.sink == sa.bindparam("of_sink"),
        deliveries.c.severity == sa.bindparam("rank"),
        deliveries.c.next_attempt_at.is_not(None),
        deliveries.c.lease_until.is_(None),
        _FREE,
    )
    .order_by(deliveries.c.next_attempt_at, deliveries.c.seq)
    .limit(sa.bindparam("most"))
)
"""The sink's free deliveries of one rank, first due first."""
# What is taken is no one else's until the transaction ends; what is another's is passed over.
_DUE = _WAITING.where(deliveries.c.next_attempt_at <= sa.bindparam("now")).with_for_update(
    skip_locked=True, of=deliveries
)


def first(connection: sa.Connection, sink: str, now: datetime, limit: int) -> list[sa.Row[Any]]:
    """Those that are due."""
    rows: list[sa.Row[Any]] = []
    for rank in _RANKS if limit > 0 else ():
        asked = {"of_sink": sink, "rank": rank, "most": limit - len(rows), "now": now}
        rows += connection.execute(_DUE, asked)
        if len(rows) == limit:
            break
    return rows


def first_of_each_lane(
    connection: sa.Connection, sink: str, now: datetime, limit: int
) -> list[sa.Row[Any]]:
    """Those that are due, no more than one of each lane, and none of a lane that waits."""
    rows: list[sa.Row[Any]] = []
    passed = {*lanes.waiting(connection, sink, now)}
    while len(rows) < limit:
        query = _DUE.where(*_others(passed))
        asked = {"of_sink": sink, "most": 1, "now": now}
        found = (connection.execute(query, {**asked, "rank": rank}) for rank in _RANKS)
        row = next(chain.from_iterable(found), None)
        if row is None:
            break
        rows.append(row)
        passed.add(row.lane)
    return rows


def next_of_each_rank(
    connection: sa.Connection, sink: str, passed: Collection[str]
) -> list[datetime]:
    """When those are due that come next, whose lane is none of these."""
    query = _WAITING.where(*_others(passed))
    return [
        row.next_attempt_at
        for rank in _RANKS
        for row in connection.execute(query, {"of_sink": sink, "rank": rank, "most": 1})
    ]


def _others(passed: Collection[str]) -> list[sa.ColumnElement[bool]]:
    """Every lane but these; an empty list of them would be a query of its own."""
    return [deliveries.c.lane.not_in(passed)] if passed else []
