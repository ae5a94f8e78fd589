"""How the deliveries of each sink stand, at a cost that hardly grows with how many there are."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from gateway.model.severity import SEVERITIES
from gateway.store.tables import deliveries

_RANKS = range(len(SEVERITIES) + 1)
_COUNTED = ("pending", "held", "muted", "sending", "dead")


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkGauge:
    """How one sink's deliveries stand."""

    sink: str
    pending: int
    """Waiting or being sent."""
    dead: int
    oldest_due_seconds: float
    """Since when the oldest that waits for a try has been due; 0 where none is."""


def gauges(connection: sa.Connection, now: datetime) -> list[SinkGauge]:
    """How the deliveries of each sink stand that has any in hand or given up."""
    return [
        SinkGauge(
            sink=sink,
            pending=sum(counts.values()) - counts.get("dead", 0),
            dead=counts.get("dead", 0),
            oldest_due_seconds=_overdue(connection, sink, now),
        )
        for sink, counts in sorted(_counts(connection).items())
    ]


def _counts(connection: sa.Connection) -> Mapping[str, Mapping[str, int]]:
    """By sink and state; out of the index alone."""
    state, sink = deliveries.c.state, deliveries.c.sink
    query = sa.select(state, sink, sa.func.count().label("number"))
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for row in connection.execute(query.where(state.in_(_COUNTED)).group_by(state, sink)):
        counts[row.sink][row.state] = row.number
    return counts


def _overdue(connection: sa.Connection, sink: str, now: datetime) -> float:
    """Seconds; one look into the index of what is due for each rank."""
    due = deliveries.c.next_attempt_at
    found: list[datetime | None] = [
        connection.execute(
            sa.select(sa.func.min(due)).where(
                deliveries.c.sink == sink,
                deliveries.c.severity == rank,
                due.is_not(None),
                deliveries.c.lease_until.is_(None),
            )
        ).scalar_one()
        for rank in _RANKS
    ]
    return (now - min([now, *filter(None, found)])).total_seconds()
