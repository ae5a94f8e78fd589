"""What is owed to sinks: from owed to claimed to settled."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from gateway.model.delivery import Owed
from gateway.store.claims import Due, due, hold, next_due, recover
from gateway.store.gauges import SinkGauge, gauges
from gateway.store.judging import (
    judge,
    next_judgement,
    rejudge,
    rejudge_alerts,
    rejudge_untried,
    to_judge,
    waiting,
)
from gateway.store.queue import earliest
from gateway.store.redelivery import bury
from gateway.store.settling import settle
from gateway.store.statements import rows_of, these, unindexed
from gateway.store.tables import deliveries

__all__ = [
    "Due",
    "SinkGauge",
    "bury",
    "due",
    "earliest",
    "gauges",
    "hold",
    "judge",
    "next_due",
    "next_judgement",
    "owe",
    "recover",
    "rejudge",
    "rejudge_alerts",
    "rejudge_untried",
    "settle",
    "to_judge",
    "waiting",
]


def owe(
    connection: sa.Connection, owed: Sequence[Owed], now: datetime, new_ids: Sequence[str]
) -> list[str]:
    """The ids of the deliveries that carry what is owed.

    What waits for the same sink already takes the later revision in its place, unless a try of it
    may have got through. A single finding or event that is owed already is not owed again.
    `new_ids` are for those that are new.
    """
    standing = _replaceable(connection, owed) | _owed_already(connection, owed)
    raised: list[dict[str, Any]] = []
    new: dict[tuple[str, str], dict[str, Any]] = {}
    ids: list[str] = []
    for one, new_id in zip(owed, new_ids, strict=True):
        target = _target(one)
        if target in new:
            new[target] |= _latest(one)
        elif target in standing:
            if one.alert_id is not None:
                raised.append({"the_id": standing[target], "the_due": one.due} | _latest(one))
        else:
            new[target] = _fresh(one, new_id, now)
        ids.append(new[target]["id"] if target in new else standing[target])
    if raised:
        connection.execute(_raise(), raised)
    if new:
        connection.execute(deliveries.insert(), list(new.values()))
    return ids


Target = tuple[str, str]
"""What is owed to which sink: an alert's id, or the key of a single finding or event."""


def _target(owed: Owed) -> Target:
    return owed.alert_id or owed.alert_key, owed.sink


def _replaceable(connection: sa.Connection, owed: Sequence[Owed]) -> dict[Target, str]:
    """Ids of the deliveries that may still take a later revision."""
    ids = [one.alert_id for one in owed if one.alert_id is not None]
    found = rows_of(connection, _REPLACEABLE, ids)
    return {(row.alert_id, row.sink): row.id for row in found}


def _owed_already(connection: sa.Connection, owed: Sequence[Owed]) -> dict[Target, str]:
    """Ids of the deliveries of these findings and events, whatever became of them."""
    ids = [one.event_id for one in owed if one.alert_id is None]
    found = rows_of(connection, _OF_EVENTS, ids)
    return {(row.alert_key, row.sink): row.id for row in found}


_REPLACEABLE = (
    sa.select(deliveries.c.alert_id, deliveries.c.sink, deliveries.c.id)
    .where(
        deliveries.c.ended_at.is_(None),
        unindexed(deliveries.c.state).in_(["pending", "held", "muted"]),
        deliveries.c.ambiguous.is_(sa.false()),
        these(deliveries.c.alert_id),
    )
    .order_by(deliveries.c.seq)
    .with_for_update()  # what is claimed meanwhile takes no later revision
)
_OF_EVENTS = sa.select(deliveries.c.alert_key, deliveries.c.sink, deliveries.c.id).where(
    deliveries.c.alert_id.is_(None), these(deliveries.c.event_id)
)


def _latest(owed: Owed) -> dict[str, Any]:
    """What a later revision changes; the wait, the tries and the first acceptance stay."""
    return {
        "revision": owed.revision,
        "severity": owed.severity,
        "event_id": owed.event_id,
        "reminder": owed.reminder,
        "marks": owed.marks or None,
    }


def _raise() -> sa.Update:
    """Puts a later revision in the place of one that waits.

    What was not judged yet, or is muted or held, is judged when the later one is due.
    """
    waits = deliveries.c.judge_at.is_not(None) | deliveries.c.next_attempt_at.is_(None)
    due = sa.bindparam("the_due", type_=deliveries.c.judge_at.type)
    return (
        sa.update(deliveries)
        .where(deliveries.c.id == sa.bindparam("the_id"))
        .values(judge_at=sa.case((waits, due), else_=None))
    )


def _fresh(owed: Owed, new_id: str, now: datetime) -> dict[str, Any]:
    free = owed.judged and owed.due <= now
    return _latest(owed) | {
        "id": new_id,
        "deliver": owed.deliver,
        "alert_id": owed.alert_id,
        "alert_key": owed.alert_key,
        "route": owed.route,
        "sink": owed.sink,
        "state": "pending",
        "reason": "",
        "finding": owed.finding,
        "labels": owed.labels or None,
        "muted_by": "",
        "attempts": 0,
        "ambiguous": False,
        "accepted_at": owed.accepted_at,
        "created_at": now,
        "next_attempt_at": now if free else None,
        "judge_at": None if free else owed.due,
    }
