"""Deliveries that are tried again, or given up, without a try that says so."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from gateway.model.delivery import DeliveryState
from gateway.store.statements import chunks, unindexed
from gateway.store.tables import deliveries

FILTERS: Mapping[str, sa.Column[Any]] = {
    "sink": deliveries.c.sink,
    "route": deliveries.c.route,
    "alert": deliveries.c.alert_id,
    "event": deliveries.c.event_id,
    "reason": deliveries.c.reason,
}
"""What deliveries may be chosen by, besides their ids."""
BY_HAND = "by_hand"
# Deliveries of one transaction.
_CHUNK = 500
_WAITS: Sequence[DeliveryState] = ("pending", "held", "muted")


def dead(
    connection: sa.Connection, *, ids: Sequence[str] = (), wanted: Mapping[str, str] | None = None
) -> list[str]:
    """Those of these deliveries, by id or by filter, that were given up, the oldest first."""
    return _chosen(connection, ["dead"], ids, wanted)


def unfinished(
    connection: sa.Connection, *, ids: Sequence[str] = (), wanted: Mapping[str, str] | None = None
) -> list[str]:
    """Those of these deliveries that wait; what is being sent cannot be called back."""
    return _chosen(connection, _WAITS, ids, wanted)


def retry(connection: sa.Connection, ids: Sequence[str], now: datetime) -> None:
    """Has dead deliveries tried anew, as if they had never been, with what is so by now."""
    anew = {
        "state": "pending",
        "reason": "",
        "attempts": 0,
        "first_attempt_at": None,
        "ambiguous": False,
        "ended_at": None,
        "judge_at": now,
        "unknown_since": None,
        "stood_in_at": None,
    }
    for some in chunks(ids):
        which = sa.and_(deliveries.c.id.in_(some), unindexed(deliveries.c.state) == "dead")
        connection.execute(sa.update(deliveries).where(which).values(**anew))


def cancel(connection: sa.Connection, ids: Sequence[str], now: datetime) -> None:
    """Gives up deliveries that wait."""
    ended = {
        "state": "cancelled",
        "reason": BY_HAND,
        "ended_at": now,
        "next_attempt_at": None,
        "judge_at": None,
    }
    for some in chunks(ids):
        which = sa.and_(deliveries.c.id.in_(some), unindexed(deliveries.c.state).in_(_WAITS))
        connection.execute(sa.update(deliveries).where(which).values(**ended))


def bury(connection: sa.Connection, *, sink: str, before: datetime, now: datetime) -> list[str]:
    """The sink's deliveries that were given up, since they wait and were first tried before then.

    Some at a time: the rest follows at the next call.
    """
    old = sa.select(deliveries.c.id).where(
        deliveries.c.sink == sink,
        deliveries.c.first_attempt_at.is_not(None),
        deliveries.c.first_attempt_at < before,
        deliveries.c.ended_at.is_(None),
        deliveries.c.state == "pending",
    )
    free = old.limit(_CHUNK).with_for_update(skip_locked=True)
    ids = list(connection.execute(free).scalars())
    ended = {"state": "dead", "reason": "max_age", "ended_at": now, "next_attempt_at": None}
    for some in chunks(ids):
        dead = sa.update(deliveries).where(deliveries.c.id.in_(some))
        connection.execute(dead.values(**ended, judge_at=None))
    return ids


def known(connection: sa.Connection, ids: Sequence[str]) -> frozenset[str]:
    """Those of these ids that there are."""
    query = sa.select(deliveries.c.id)
    return frozenset(
        id_
        for some in chunks(ids)
        for id_ in connection.execute(query.where(deliveries.c.id.in_(some))).scalars()
    )


def _chosen(
    connection: sa.Connection,
    states: Sequence[DeliveryState],
    ids: Sequence[str],
    wanted: Mapping[str, str] | None,
) -> list[str]:
    query = sa.select(deliveries.c.id).order_by(deliveries.c.seq)
    if wanted is not None:
        asked = [FILTERS[name] == value for name, value in wanted.items()]
        found = query.where(deliveries.c.state.in_(states), *asked)
        return list(connection.execute(found).scalars())
    query = query.where(unindexed(deliveries.c.state).in_(states))
    return [
        id_
        for some in chunks(ids)
        for id_ in connection.execute(query.where(deliveries.c.id.in_(some))).scalars()
    ]
