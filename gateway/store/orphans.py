"""Deliveries to sinks that are not configured any more."""

from collections.abc import Iterable, Iterator
from datetime import datetime

import sqlalchemy as sa

from gateway.store.tables import deliveries

REASON = "unknown_sink"
# Deliveries of one transaction.
_CHUNK = 500


def adopt(connection: sa.Connection, sinks: Iterable[str]) -> int:
    """How many deliveries waited for one of these sinks to come back; they go on as they were."""
    back = sa.update(deliveries).where(
        deliveries.c.ended_at.is_(None),
        deliveries.c.unknown_since.is_not(None),
        deliveries.c.sink.in_(list(sinks)),
    )
    return connection.execute(back.values(unknown_since=None, reason="")).rowcount


def leave(
    connection: sa.Connection, sinks: Iterable[str], *, oldest: datetime, now: datetime
) -> tuple[int, int]:
    """How many deliveries begin to wait for a sink that is none of these, and how many died.

    One dies that has waited for its sink since before `oldest`. What is held or muted waits for
    something else first.
    """
    gone = [sink for sink in _waited_for(connection) if sink not in set(sinks)]
    if not gone:
        return 0, 0
    stray = (deliveries.c.state == "pending", deliveries.c.sink.in_(gone))
    unmarked = deliveries.c.unknown_since.is_(None) | (deliveries.c.reason != REASON)
    column = deliveries.c.unknown_since
    since = sa.func.coalesce(column, sa.literal(now, column.type))
    marked = sa.update(deliveries).where(*stray, unmarked)
    waiting = connection.execute(marked.values(reason=REASON, unknown_since=since)).rowcount
    old = sa.select(deliveries.c.id).where(*stray, deliveries.c.unknown_since < oldest)
    dead = sa.update(deliveries).where(deliveries.c.id.in_(old.limit(_CHUNK).scalar_subquery()))
    ended = {"state": "dead", "ended_at": now, "next_attempt_at": None, "judge_at": None}
    return waiting, connection.execute(dead.values(**ended, unknown_since=None)).rowcount


def _waited_for(connection: sa.Connection) -> Iterator[str]:
    """Every sink that anything is pending for: one look into the index for each."""
    sink = deliveries.c.sink
    pending = sa.select(sa.func.min(sink)).where(deliveries.c.state == "pending")
    found: str | None = connection.execute(pending).scalar_one()
    while found is not None:
        yield found
        found = connection.execute(pending.where(sink > found)).scalar_one()
