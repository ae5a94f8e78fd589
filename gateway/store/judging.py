"""Deliveries that wait for a judgement: for timers, for a window, for a silence to end."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from gateway.model.delivery import DeliveryState, Judgement, Told, Waiting, may_move
from gateway.store.statements import at_most, chunks, rows_of, these, unindexed
from gateway.store.tables import deliveries, told

_AT_ONCE = 1_000
"""As many as one transaction marks in some milliseconds."""


_JUDGEABLE = sa.select(
    deliveries,
    told.c.revision.label("told_revision"),
    told.c.tried.label("told_tried"),
    told.c.closed.label("told_closed"),
).outerjoin(
    told, sa.and_(told.c.alert_id == deliveries.c.alert_id, told.c.sink == deliveries.c.sink)
)
"""Deliveries, with what the sink was told of the alert."""
_NEXT = sa.select(sa.func.min(deliveries.c.judge_at)).where(deliveries.c.judge_at.is_not(None))


@cache
def _to_judge(limit: int) -> sa.Select[Any]:
    due = sa.and_(deliveries.c.judge_at.is_not(None), deliveries.c.judge_at <= sa.bindparam("now"))
    query = _JUDGEABLE.where(due).order_by(deliveries.c.judge_at, deliveries.c.seq)
    return query.limit(at_most(limit)).with_for_update(skip_locked=True, of=deliveries)


def to_judge(connection: sa.Connection, now: datetime, limit: int) -> list[Waiting]:
    """The deliveries whose judgement is due, the longest due first."""
    return [_waiting(row) for row in connection.execute(_to_judge(limit), {"now": now})]


def waiting(connection: sa.Connection, ids: Iterable[str]) -> list[Waiting]:
    """These deliveries as a judge asks for them."""
    return [
        _waiting(row) for row in rows_of(connection, _JUDGEABLE.where(these(deliveries.c.id)), ids)
    ]


def judge(connection: sa.Connection, judgements: Mapping[str, Judgement], now: datetime) -> None:
    """Writes down what becomes of these deliveries, by id."""
    states = _states(connection, judgements)
    rows = [
        _judged(id_, states[id_], judgement, now)
        for id_, judgement in judgements.items()
        if id_ in states
    ]
    if rows:
        connection.execute(
            sa.update(deliveries).where(deliveries.c.id == sa.bindparam("the_id")), rows
        )


def next_judgement(connection: sa.Connection) -> datetime | None:
    """When the next judgement is due; None where nothing waits for one."""
    found: datetime | None = connection.execute(_NEXT).scalar_one_or_none()
    return found


def rejudge(
    connection: sa.Connection, *states: DeliveryState, now: datetime, reason: str | None = None
) -> int:
    """Makes the judgement of whatever is in these states due now; how many there were."""
    waits: list[sa.ColumnElement[bool]] = [deliveries.c.state.in_(states)]
    if reason is not None:
        waits.append(deliveries.c.reason == reason)
    return connection.execute(_in_order(*waits).values(judge_at=now)).rowcount


def rejudge_alerts(connection: sa.Connection, alert_ids: Iterable[str], now: datetime) -> None:
    """Has what is kept back of these alerts judged once more."""
    kept_back = unindexed(deliveries.c.state).in_(["held", "muted"])
    for ids in chunks(alert_ids):
        which = _in_order(kept_back, deliveries.c.alert_id.in_(ids))
        connection.execute(which.values(judge_at=now))


def rejudge_untried(connection: sa.Connection, now: datetime) -> int:
    """Has what was let go, and not tried yet, judged once more, for people to see; how many.

    Of a long queue only some: the rest is judged when its turn comes.
    """
    untried = (
        deliveries.c.state == "pending",
        deliveries.c.attempts == 0,
        deliveries.c.next_attempt_at.is_not(None),
        deliveries.c.lease_until.is_(None),
    )
    some = sa.select(deliveries.c.id).where(*untried).limit(_AT_ONCE)
    some = some.with_for_update(skip_locked=True)  # what is in hand is being judged or tried
    again = sa.update(deliveries).where(deliveries.c.id.in_(some.scalar_subquery()))
    return connection.execute(again.values(judge_at=now, next_attempt_at=None)).rowcount


def _in_order(*where: sa.ColumnElement[bool]) -> sa.Update:
    """An UPDATE of these, which takes them in one order: two such do not block each other."""
    if_free = sa.select(deliveries.c.id).where(*where).order_by(deliveries.c.seq).with_for_update()
    return sa.update(deliveries).where(deliveries.c.id.in_(if_free.scalar_subquery()), *where)


def _waiting(row: sa.Row[Any]) -> Waiting:
    return Waiting(
        id=row.id,
        state=row.state,
        deliver=row.deliver,
        route=row.route,
        sink=row.sink,
        revision=row.revision,
        event_id=row.event_id,
        alert_id=row.alert_id,
        finding=row.finding,
        told=Told(
            revision=row.told_revision or 0,
            tried=bool(row.told_tried),
            closed=bool(row.told_closed),
        ),
    )


def _states(
    connection: sa.Connection, judgements: Mapping[str, Judgement]
) -> dict[str, DeliveryState]:
    query = sa.select(deliveries.c.id, deliveries.c.state)
    found = connection.execute(query.where(deliveries.c.id.in_(list(judgements))))
    return {row.id: row.state for row in found}


def _judged(id_: str, old: DeliveryState, judgement: Judgement, now: datetime) -> dict[str, Any]:
    new = judgement.state
    if new != old and not may_move(old, new):
        raise ValueError(f"{id_} cannot go from {old} to {new}")
    return {
        "the_id": id_,
        "state": new,
        "reason": judgement.reason,
        "muted_by": judgement.muted_by,
        "judge_at": judgement.again_at if new in {"held", "muted"} else None,
        "next_attempt_at": now if new == "pending" else None,
        "ended_at": now if new == "cancelled" else None,
    }
