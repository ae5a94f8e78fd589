"""What is owed to one sink and goes to another that stands in for it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from gateway.model.delivery import Owed
from gateway.store.deliveries import owe
from gateway.store.statements import chunks, unindexed
from gateway.store.tables import alerts, deliveries

# Deliveries of one transaction.
_TOGETHER = 200
_UNTOLD = ("pending", "dead")


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """Which sink stands in for which."""

    sink: str
    fallback: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Some of what waits, and where the rest begins."""

    ids: Sequence[str]
    rest: int
    """For the `after` of the next ones."""


def of_the_waiting(
    connection: sa.Connection,
    pair: StandIn,
    before: datetime | None = None,
    *,
    after: int = 0,
    limit: int = _TOGETHER,
) -> Waiting:
    """Deliveries that wait for a try and nobody stood in for yet; no ids where none are left.

    With `before` only those that were let go, and first tried if they were, before then. What is
    held or muted waits for something else.
    """
    began = sa.func.coalesce(deliveries.c.first_attempt_at, deliveries.c.next_attempt_at)
    query = sa.select(deliveries.c.id, deliveries.c.seq).where(
        deliveries.c.sink == pair.sink,
        deliveries.c.seq > after,
        deliveries.c.stood_in_at.is_(None),
        deliveries.c.state == "pending",
        deliveries.c.next_attempt_at.is_not(None),
    )
    if before is not None:
        query = query.where(began < sa.literal(before, deliveries.c.first_attempt_at.type))
    rows = connection.execute(query.order_by(deliveries.c.seq).limit(limit)).all()
    return Waiting([row.id for row in rows], rows[-1].seq if rows else after)


def stand_in(
    connection: sa.Connection,
    pair: StandIn,
    ids: Sequence[str],
    now: datetime,
    *,
    new_id: Callable[[], str],
) -> int:
    """How many deliveries the fallback gets: what these are about, where they wait or are dead.

    It counts as told from here on and gets the alert's later revisions. What it is owed or was told
    anyway it does not get twice.
    """
    rows = [
        row
        for some in chunks(ids)
        for row in connection.execute(
            sa.select(deliveries, alerts.c.revision.label("latest"))
            .outerjoin(alerts, alerts.c.id == deliveries.c.alert_id)
            .where(
                deliveries.c.id.in_(some),
                deliveries.c.stood_in_at.is_(None),
                unindexed(deliveries.c.state).in_(_UNTOLD),
            )
            .order_by(deliveries.c.seq)
            .with_for_update(of=deliveries)
        )
    ]
    sinks = _told(connection, [row.alert_id for row in rows if row.alert_id is not None])
    new = [row for row in rows if pair.fallback not in sinks.get(row.alert_id, ())]
    for row in new:
        if row.alert_id is not None:
            told = (*sinks[row.alert_id], pair.fallback)
            which = sa.update(alerts).where(alerts.c.id == row.alert_id)
            connection.execute(which.values(sinks=told))
    owed = [_owed(row, pair, now) for row in new]
    owe(connection, owed, now, [new_id() for _ in owed])
    for some in chunks(row.id for row in rows):
        done = sa.update(deliveries).where(deliveries.c.id.in_(some))
        connection.execute(done.values(stood_in_at=now))
    return len(owed)


def _told(connection: sa.Connection, alert_ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The sinks of these alerts, to which nobody else adds any until the transaction ends."""
    query = sa.select(alerts.c.id, alerts.c.sinks).order_by(alerts.c.id).with_for_update()
    return {
        row.id: row.sinks
        for some in chunks(sorted(alert_ids))
        for row in connection.execute(query.where(alerts.c.id.in_(some)))
    }


def _owed(row: sa.Row[Any], pair: StandIn, now: datetime) -> Owed:
    said = f": {row.reason}" if row.reason else ""
    return Owed(
        alert_key=row.alert_key,
        route=row.route,
        sink=pair.fallback,
        due=now,
        deliver=row.deliver,
        alert_id=row.alert_id,
        revision=row.latest or row.revision,
        finding=row.finding,
        labels=row.labels or {},
        marks=(*(row.marks or ()), f"stands in for {pair.sink}{said}"),
        severity=row.severity,
        event_id=row.event_id,
        accepted_at=row.accepted_at,
    )
