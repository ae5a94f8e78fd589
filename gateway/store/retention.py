"""Forgetting what ended long ago, a little at a time.

What is open or unfinished stays, and whatever it needs: an open alert keeps its findings, what its
sinks were told, and the events behind them.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

import sqlalchemy as sa

from gateway.store.tables import (
    alerts,
    attempts,
    bodies,
    deliveries,
    entries,
    events,
    findings,
    silences,
    told,
)

# Rows of one transaction: accepting waits no longer than these take, some ten milliseconds.
_CHUNK = 200

Prune = Callable[[sa.Connection, datetime], int]


def forget_deliveries(connection: sa.Connection, before: datetime) -> int:
    """How many deliveries that ended before then were forgotten, with their attempts."""
    ids = _ids(connection, deliveries.c.id, deliveries.c.ended_at < before)
    _delete(connection, attempts.c.delivery_id, ids)
    return _delete(connection, deliveries.c.id, ids)


def forget_alerts(connection: sa.Connection, before: datetime) -> int:
    """How many alerts that resolved before then, and owe nothing, were forgotten."""
    owed = sa.exists().where(deliveries.c.alert_id == alerts.c.id)
    ids = _ids(connection, alerts.c.id, alerts.c.resolved_at < before, ~owed)
    _delete(connection, told.c.alert_id, ids)
    _delete(connection, entries.c.alert_id, ids)
    return _delete(connection, alerts.c.id, ids)


def forget_findings(connection: sa.Connection, before: datetime) -> int:
    """How many findings were forgotten whose last change is older and that are open nowhere."""
    is_open = sa.exists().where(entries.c.finding_key == findings.c.key, entries.c.fixed.is_(None))
    keys = _ids(connection, findings.c.key, findings.c.changed_at < before, ~is_open)
    return _delete(connection, findings.c.key, keys)


def forget_events(connection: sa.Connection, before: datetime) -> int:
    """How many events that arrived before then were forgotten, and with them their bodies.

    From here on the same body is no duplicate any more.
    """
    needed = [
        sa.exists().where(table.c.event_id == events.c.id)
        for table in (alerts, entries, deliveries)
    ]
    ids = _ids(
        connection,
        events.c.id,
        events.c.received_at < before,
        events.c.status != "pending",
        *(~each for each in needed),
    )
    _delete(connection, bodies.c.event_id, ids)
    return _delete(connection, events.c.id, ids)


def forget_silences(connection: sa.Connection, before: datetime) -> int:
    """How many silences that ended before then were forgotten."""
    return _delete(
        connection, silences.c.id, _ids(connection, silences.c.id, silences.c.until < before)
    )


PRUNES: Sequence[Prune] = (
    forget_deliveries,
    forget_alerts,
    forget_findings,
    forget_events,
    forget_silences,
)
"""In the order in which one makes room for the next; each is to be repeated until it gives 0."""


def _ids(
    connection: sa.Connection, column: sa.Column[str], *where: sa.ColumnElement[bool]
) -> Sequence[str]:
    return connection.execute(sa.select(column).where(*where).limit(_CHUNK)).scalars().all()


def _delete(connection: sa.Connection, column: sa.Column[str], ids: Sequence[str]) -> int:
    if not ids:
        return 0
    return connection.execute(sa.delete(column.table).where(column.in_(ids))).rowcount
