"""Deliveries to sinks that are not configured any more."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from gateway.store.tables import deliveries

REASON = "unknown_sink"
# Deliveries of one transaction.
_CHUNK = 500


def adopt(connection: sa.Connection, sinks: Iterable[str]) -> int:
    """How many deliveries waited for one of these sinks to come back; they go on as they were."""
    mine = [deliveries.c.sink.in_(list(sinks)), deliveries.c.reason == REASON]
    waits = deliveries.c.ended_at.is_(None)
    return connection.execute(sa.update(deliveries).where(waits, *mine).values(reason="")).rowcount


def leave(
    connection: sa.Connection, sinks: Iterable[str], *, oldest: datetime, now: datetime
) -> tuple[int, int]:
    """How many deliveries wait for a sink that is none of these, and how many of them died.

    What was owed before `oldest` dies; the rest says why it waits.
    """
    stray = [
        deliveries.c.ended_at.is_(None),
        deliveries.c.lease_until.is_(None),
        deliveries.c.sink.not_in(list(sinks)),
    ]
    # What is held or muted has a reason of its own to wait.
    pending = (deliveries.c.state == "pending", deliveries.c.reason != REASON)
    marked = sa.update(deliveries).where(*stray, *pending)
    waiting = connection.execute(marked.values(reason=REASON)).rowcount
    old = sa.select(deliveries.c.id).where(*stray, deliveries.c.created_at < oldest).limit(_CHUNK)
    dead = sa.update(deliveries).where(deliveries.c.id.in_(old.scalar_subquery()))
    died = connection.execute(
        dead.values(state="dead", ended_at=now, next_attempt_at=None, judge_at=None)
    ).rowcount
    return waiting, died
