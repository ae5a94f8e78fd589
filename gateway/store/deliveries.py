"""What is owed to sinks: from owed to claimed to settled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from gateway.model.delivery import Owed
from gateway.store.claims import claim, next_due, recover
from gateway.store.settling import settle
from gateway.store.statements import chunks
from gateway.store.tables import deliveries

__all__ = ["SinkGauge", "claim", "gauges", "next_due", "owe", "recover", "settle"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkGauge:
    """How one sink's deliveries stand."""

    sink: str
    pending: int
    """Waiting or being sent."""
    dead: int
    oldest_due_seconds: float
    """Since when the oldest of them has been due; 0 where none is."""


def owe(
    connection: sa.Connection, owed: Sequence[Owed], now: datetime, new_ids: Sequence[str]
) -> list[str]:
    """The ids of the deliveries that carry what is owed.

    What waits for the same sink already takes the later revision in its place, unless a try of it
    may have got through; `new_ids` are for those that are new.
    """
    waiting = _replaceable(connection, [one.alert_id for one in owed])
    raised: list[dict[str, Any]] = []
    new: dict[tuple[str, str], dict[str, Any]] = {}
    ids: list[str] = []
    for one, new_id in zip(owed, new_ids, strict=True):
        target = (one.alert_id, one.sink)
        if target in new:
            new[target] |= _latest(one)
        elif target in waiting:
            raised.append({"the_id": waiting[target]} | _latest(one))
        else:
            new[target] = _fresh(one, new_id, now)
        ids.append(new[target]["id"] if target in new else waiting[target])
    if raised:
        replaced = sa.update(deliveries).where(deliveries.c.id == sa.bindparam("the_id"))
        connection.execute(replaced, raised)
    if new:
        connection.execute(deliveries.insert(), list(new.values()))
    return ids


def gauges(connection: sa.Connection, now: datetime) -> list[SinkGauge]:
    """How the deliveries of each sink stand that has any in hand or given up."""
    state = deliveries.c.state
    query = (
        sa.select(
            deliveries.c.sink,
            sa.func.count().filter(state != "dead").label("pending"),
            sa.func.count().filter(state == "dead").label("dead"),
            sa.func.min(deliveries.c.next_attempt_at).label("due"),
        )
        .where(state.in_(["pending", "held", "muted", "sending", "dead"]))
        .group_by(deliveries.c.sink)
        .order_by(deliveries.c.sink)
    )
    return [
        SinkGauge(
            sink=row.sink,
            pending=row.pending,
            dead=row.dead,
            oldest_due_seconds=max(0.0, (now - (row.due or now)).total_seconds()),
        )
        for row in connection.execute(query)
    ]


def _replaceable(connection: sa.Connection, alert_ids: Sequence[str]) -> dict[tuple[str, str], str]:
    """Ids of the deliveries that may still take a later revision, by alert and sink."""
    query = sa.select(deliveries.c.alert_id, deliveries.c.sink, deliveries.c.id).where(
        deliveries.c.ended_at.is_(None),
        deliveries.c.state == "pending",
        deliveries.c.ambiguous.is_(sa.false()),
    )
    return {
        (row.alert_id, row.sink): row.id
        for ids in chunks(alert_ids)
        for row in connection.execute(
            query.where(deliveries.c.alert_id.in_(ids)).order_by(deliveries.c.seq)
        )
    }


def _latest(owed: Owed) -> dict[str, Any]:
    """What a later revision changes; the wait, the tries and the first acceptance stay."""
    return {"revision": owed.revision, "severity": owed.severity, "event_id": owed.event_id}


def _fresh(owed: Owed, new_id: str, now: datetime) -> dict[str, Any]:
    return _latest(owed) | {
        "id": new_id,
        "alert_id": owed.alert_id,
        "alert_key": owed.alert_key,
        "sink": owed.sink,
        "state": "pending",
        "reason": "",
        "attempts": 0,
        "ambiguous": False,
        "accepted_at": owed.accepted_at,
        "created_at": now,
        "next_attempt_at": now,
    }
