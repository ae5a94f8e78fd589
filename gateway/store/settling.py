"""Writing down how a claimed delivery went on."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from gateway.model.breaker import Health
from gateway.model.delivery import FINISHED, Settlement, may_move
from gateway.store import lanes, sinks
from gateway.store.statements import fields_of, rows_of, these, unindexed, upsert
from gateway.store.tables import attempts, deliveries, told

Held = Mapping[str, sa.Row[Any]]


def settle(
    connection: sa.Connection, settlements: Sequence[Settlement], now: datetime
) -> list[bool]:
    """Whether each settlement counted: only for the claim that still holds its delivery.

    Attempt, receipt, new state and what the try told of the sink are written together.
    """
    held = _held(connection, settlements)
    counted: dict[str, Settlement] = {}
    answers = []
    for settlement in settlements:
        row = held.get(settlement.delivery_id)
        fits = row is not None and row.claim == settlement.claim and row.id not in counted
        if fits:
            counted[settlement.delivery_id] = settlement
        answers.append(fits)
    if counted:
        _write(connection, held, list(counted.values()), now)
    return answers


def _held(connection: sa.Connection, settlements: Sequence[Settlement]) -> Held:
    ids = [one.delivery_id for one in settlements]
    return {row.id: row for row in rows_of(connection, _IN_FLIGHT, ids)}


_IN_FLIGHT = (
    sa.select(deliveries)
    .where(unindexed(deliveries.c.state) == "sending", these(deliveries.c.id))
    .order_by(deliveries.c.seq)
    .with_for_update()
)
_MOVE = sa.update(deliveries).where(deliveries.c.id == sa.bindparam("the_id"))


def _write(
    connection: sa.Connection, held: Held, settlements: Sequence[Settlement], now: datetime
) -> None:
    connection.execute(_MOVE, [_moved(held[one.delivery_id], one, now) for one in settlements])
    tries = [
        {"delivery_id": one.delivery_id, **fields_of(one.attempt)}
        for one in settlements
        if one.attempt
    ]
    if tries:
        connection.execute(attempts.insert(), tries)
    _supersede(connection, settlements, now)
    of_alerts = [one for one in settlements if held[one.delivery_id].alert_id is not None]
    upsert(connection, told, [_told(held[one.delivery_id], one) for one in of_alerts if one.told])
    healths: dict[str, list[Health]] = defaultdict(list)
    for one in settlements:
        sink = held[one.delivery_id].sink
        if one.health is not None:
            healths[sink].append(one.health)
        if one.pause_until is not None and one.lane:
            lanes.leave_alone(connection, sink, one.lane, one.pause_until)
        elif one.pause_until is not None:
            sinks.leave_alone(connection, sink, one.pause_until)
    for sink, some in healths.items():
        sinks.heard(connection, sink, some, now)


def _moved(row: sa.Row[Any], settlement: Settlement, now: datetime) -> dict[str, Any]:
    if not may_move(row.state, settlement.state):
        raise ValueError(f"{row.id} cannot go from {row.state} to {settlement.state}")
    attempt = settlement.attempt
    again = settlement.next_attempt_at or now
    return {
        "the_id": row.id,
        "state": settlement.state,
        "reason": settlement.reason,
        "attempts": attempt.number if attempt else row.attempts,
        "first_attempt_at": row.first_attempt_at or (attempt.started_at if attempt else None),
        "next_attempt_at": again if settlement.state == "pending" else None,
        "ended_at": now if settlement.state in FINISHED else None,
        # A later try that surely failed does not undo an earlier one that may have got through.
        "ambiguous": row.ambiguous or settlement.ambiguous,
        "lane": settlement.lane,
        "claim": None,
        "lease_until": None,
    }


def _supersede(connection: sa.Connection, settlements: Sequence[Settlement], now: datetime) -> None:
    """Lets what waits for another try take the later revision that came while it was in flight."""
    ids = [one.delivery_id for one in settlements if one.state == "pending"]
    for row in list(rows_of(connection, _SUPERSEDED, ids)):
        newer = {name: getattr(row, name) for name in ("revision", "severity", "event_id")}
        connection.execute(_MOVE, [{"the_id": row.id, **newer}])
        ended = {"state": "cancelled", "reason": "superseded", "ended_at": now}
        connection.execute(_MOVE, [{"the_id": row.later, **ended, "next_attempt_at": None}])


_later = deliveries.alias("later")
_SUPERSEDED = (
    sa.select(
        deliveries.c.id,
        _later.c.id.label("later"),
        _later.c.revision,
        _later.c.severity,
        _later.c.event_id,
    )
    .join(
        _later,
        sa.and_(*(_later.c[name] == deliveries.c[name] for name in ("alert_id", "sink"))),
    )
    .where(
        these(deliveries.c.id),
        unindexed(deliveries.c.state) == "pending",
        deliveries.c.ambiguous.is_(sa.false()),
        _later.c.next_attempt_at.is_not(None),  # what waits for a judgement has its own time
        unindexed(_later.c.state) == "pending",
        _later.c.seq > deliveries.c.seq,
    )
    .order_by(_later.c.seq)
    .with_for_update()
)


def _told(row: sa.Row[Any], settlement: Settlement) -> dict[str, Any]:
    known = settlement.told
    return {
        "alert_id": row.alert_id,
        "sink": row.sink,
        "revision": known.revision if known else 0,
        "tried": known.tried if known else True,
        "closed": known.closed if known else False,
        "receipt": known.receipt if known else None,
    }
