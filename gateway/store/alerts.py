"""Alerts and the findings they hold."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from gateway.model.alert import Alert, Entry, worst
from gateway.store.events import contexts
from gateway.store.statements import chunks, upsert
from gateway.store.tables import alerts, entries


def holding(connection: sa.Connection, finding_keys: Iterable[str]) -> list[Alert]:
    """The open alerts in which one of these findings is open, with all their entries."""
    query = sa.select(entries.c.alert_id).where(entries.c.fixed.is_(None)).distinct()
    ids = [
        alert_id
        for keys in chunks(finding_keys)
        for alert_id in connection.execute(query.where(entries.c.finding_key.in_(keys))).scalars()
    ]
    return [alert for alert in by_id(connection, ids).values() if alert.status == "open"]


def by_key(connection: sa.Connection, alert_keys: Iterable[str]) -> list[Alert]:
    """The open alerts under these keys, with all their entries."""
    query = sa.select(alerts).where(alerts.c.resolved_at.is_(None))
    rows = [
        row
        for keys in chunks(alert_keys)
        for row in connection.execute(query.where(alerts.c.key.in_(keys)))
    ]
    return list(_whole(connection, rows).values())


def by_id(connection: sa.Connection, alert_ids: Iterable[str]) -> dict[str, Alert]:
    """These alerts with all their entries, by id."""
    query = sa.select(alerts)
    rows = [
        row
        for ids in chunks(alert_ids)
        for row in connection.execute(query.where(alerts.c.id.in_(ids)))
    ]
    return _whole(connection, rows)


def save(
    connection: sa.Connection,
    changed: Sequence[Alert],
    *,
    entries: Mapping[str, Sequence[Entry]],
    now: datetime,
) -> None:
    """Writes the alerts, and of their entries those that are new or changed, by alert id."""
    # One alert per key may be open: the one that resolves makes room for its successor.
    ordered = sorted(changed, key=lambda alert: alert.status == "open")
    upsert(connection, alerts, [_values(alert, now) for alert in ordered])
    rows = [_entry_values(id_, entry) for id_, some in entries.items() for entry in some]
    upsert(connection, _entries, rows)


_entries = entries  # `save` calls its argument what it is


def _whole(connection: sa.Connection, rows: Sequence[sa.Row[Any]]) -> dict[str, Alert]:
    """The alerts of these rows; what they share of events is loaded once."""
    query = sa.select(entries).order_by(entries.c.opened, entries.c.finding_key)
    held = [
        row
        for ids in chunks(row.id for row in rows)
        for row in connection.execute(query.where(entries.c.alert_id.in_(ids)))
    ]
    events = contexts(connection, [row.event_id for row in (*rows, *held)])
    found: defaultdict[str, list[Entry]] = defaultdict(list)
    for row in held:
        entry = Entry(
            key=row.finding_key,
            finding=row.finding,
            event=events[row.event_id],
            opened=row.opened,
            announced=row.announced,
            fixed=row.fixed,
        )
        found[row.alert_id].append(entry)
    return {
        row.id: Alert(
            id=row.id,
            key=row.key,
            route=row.route,
            group=row.group_values,
            sinks=row.sinks,
            status=row.status,
            revision=row.revision,
            opened_at=row.opened_at,
            resolved_at=row.resolved_at,
            event=events[row.event_id],
            entries=tuple(found[row.id]),
        )
        for row in rows
    }


def _values(alert: Alert, now: datetime) -> dict[str, Any]:
    still_open = [entry.finding for entry in alert.entries if entry.fixed is None]
    shown = worst(still_open or [entry.finding for entry in alert.entries])
    return {
        "id": alert.id,
        "key": alert.key,
        "route": alert.route,
        "group_values": alert.group,
        "sinks": alert.sinks,
        "status": alert.status,
        "revision": alert.revision,
        "severity": shown.severity if shown else "",
        "open_count": len(still_open),
        "fixed_count": len(alert.entries) - len(still_open),
        "opened_at": alert.opened_at,
        "updated_at": now,
        "resolved_at": alert.resolved_at,
        "event_id": alert.event.id,
        "project_id": alert.event.project.id,
        "project_name": alert.event.project.name,
    }


def _entry_values(alert_id: str, entry: Entry) -> dict[str, Any]:
    return {
        "alert_id": alert_id,
        "finding_key": entry.key,
        "finding": entry.finding,
        "event_id": entry.event.id,
        "opened": entry.opened,
        "announced": entry.announced,
        "fixed": entry.fixed,
    }
