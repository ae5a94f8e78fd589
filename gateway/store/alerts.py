"""Alerts and the findings they hold."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from gateway.model.alert import Alert, Entry
from gateway.model.event import Event
from gateway.model.finding import RANK_WEIGHT, Finding, worst
from gateway.model.severity import SEVERITIES
from gateway.store.events import contexts
from gateway.store.holdings import bounded, spoken_of, whole
from gateway.store.statements import chunks, rows_of, these, upsert
from gateway.store.tables import alerts, entries, events, told


def holding(connection: sa.Connection, finding_keys: Sequence[str]) -> list[Alert]:
    """The open alerts in which one of these findings is open, with their entries of these."""
    ids = {row.alert_id for row in rows_of(connection, _HOLDING, finding_keys)}
    rows = [row for row in rows_of(connection, _BY_ID, sorted(ids)) if row.status == "open"]
    return list(spoken_of(connection, rows, finding_keys).values())


def by_key(
    connection: sa.Connection, alert_keys: Iterable[str], finding_keys: Sequence[str]
) -> list[Alert]:
    """The open alerts under these keys, with their entries of these findings."""
    rows = list(rows_of(connection, _OPEN_BY_KEY, sorted(alert_keys)))
    return list(spoken_of(connection, rows, finding_keys).values())


def by_id(connection: sa.Connection, alert_ids: Iterable[str]) -> dict[str, Alert]:
    """These alerts with all their entries, by id."""
    return whole(connection, _rows(connection, alert_ids))


def to_tell(connection: sa.Connection, told: Mapping[str, int]) -> dict[str, Alert]:
    """Alerts by id with what can be shown of them; `told` is what is known already, by id."""
    return bounded(connection, _rows(connection, told), told)


def _rows(connection: sa.Connection, alert_ids: Iterable[str]) -> list[sa.Row[Any]]:
    return list(rows_of(connection, _TO_SHOW, alert_ids))


# Alerts that nobody else changes until the transaction ends, taken in one order.
_LOCKED = sa.select(alerts).order_by(alerts.c.seq).with_for_update()
_BY_ID = _LOCKED.where(these(alerts.c.id))
_OPEN_BY_ID = _BY_ID.where(alerts.c.resolved_at.is_(None))
_OPEN_BY_KEY = _LOCKED.where(these(alerts.c.key), alerts.c.resolved_at.is_(None))
_TO_SHOW = sa.select(alerts).where(these(alerts.c.id))
_HOLDING = (
    sa.select(entries.c.alert_id)
    .where(entries.c.fixed.is_(None), these(entries.c.finding_key))
    .distinct()
)


def known(connection: sa.Connection, alert_ids: Iterable[str]) -> frozenset[str]:
    """Those of these ids that there are."""
    query = sa.select(alerts.c.id)
    return frozenset(
        id_
        for ids in chunks(alert_ids)
        for id_ in connection.execute(query.where(alerts.c.id.in_(ids))).scalars()
    )


def open_ids(
    connection: sa.Connection, *, project: str, org_id: str | None = None
) -> Sequence[str]:
    """Ids of the alerts with an open finding of that project (id or name)."""
    is_project = sa.or_(events.c.project_id == project, events.c.project_name == project)
    held = (
        sa.select(entries.c.alert_id)
        .join(events, events.c.id == entries.c.event_id)
        .where(entries.c.fixed.is_(None), is_project)
        .where(events.c.org_id == org_id if org_id is not None else sa.true())
        .distinct()
    )
    return connection.execute(held).scalars().all()


def open_ones(connection: sa.Connection, alert_ids: Iterable[str]) -> list[Alert]:
    """Those of these alerts that are open, with all their entries."""
    rows = list(rows_of(connection, _OPEN_BY_ID, sorted(alert_ids)))
    return list(whole(connection, rows).values())


def to_remind(connection: sa.Connection, now: datetime, limit: int) -> list[Alert]:
    """The alerts whose sinks are to be told again, the longest overdue first."""
    query = (
        sa.select(alerts)
        .where(alerts.c.remind_at.is_not(None), alerts.c.remind_at <= now)
        .order_by(alerts.c.remind_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(bounded(connection, connection.execute(query).all(), {}).values())


def next_reminder(connection: sa.Connection) -> datetime | None:
    """When an alert's sinks are next to be told again; None where none are."""
    query = sa.select(sa.func.min(alerts.c.remind_at)).where(alerts.c.remind_at.is_not(None))
    found: datetime | None = connection.execute(query).scalar_one_or_none()
    return found


def open_findings(
    connection: sa.Connection,
    *,
    least: int = 0,
    org_id: str | None = None,
    project_id: str | None = None,
) -> list[tuple[Finding, Event]]:
    """Every finding that is open in an alert, with its context; of one organisation or project.

    `least` is the rank of severity that they have at least.
    """
    query = (
        sa.select(entries.c.finding, entries.c.event_id)
        .join(events, events.c.id == entries.c.event_id)
        .where(entries.c.fixed.is_(None))
    )
    if least:
        query = query.where(entries.c.weight >= least * RANK_WEIGHT)
    for column, wanted in ((events.c.org_id, org_id), (events.c.project_id, project_id)):
        if wanted is not None:
            query = query.where(column == wanted)
    rows = connection.execute(query).all()
    known = contexts(connection, [row.event_id for row in rows])
    return [(row.finding, known[row.event_id]) for row in rows]


def tried(connection: sa.Connection, alert_ids: Iterable[str]) -> frozenset[str]:
    """Those of these alerts that some sink was told of, or may have been."""
    query = sa.select(told.c.alert_id).where(told.c.tried)
    return frozenset(
        id_
        for ids in chunks(alert_ids)
        for id_ in connection.execute(query.where(told.c.alert_id.in_(ids))).scalars()
    )


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

    _weigh(connection, changed)


_entries = entries  # `save` calls its argument what it is


def _weigh(connection: sa.Connection, changed: Sequence[Alert]) -> None:
    """Says of alerts whose entries were not all at hand how severe the worst open one is."""
    for alert in changed:
        if alert.beyond.open:
            heaviest = sa.select(sa.func.max(entries.c.weight)).where(
                entries.c.alert_id == alert.id, entries.c.fixed.is_(None)
            )
            rank = (connection.execute(heaviest).scalar_one() or 0) // RANK_WEIGHT
            severity = SEVERITIES[rank - 1] if rank else ""
            which = sa.update(alerts).where(alerts.c.id == alert.id)
            connection.execute(which.values(severity=severity))


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
        "open_count": len(still_open) + alert.beyond.open,
        "fixed_count": len(alert.entries) - len(still_open) + alert.beyond.fixed,
        "opened_at": alert.opened_at,
        "updated_at": now,
        "resolved_at": alert.resolved_at,
        "event_id": alert.event.id,
        "project_id": alert.event.project.id,
        "project_name": alert.event.project.name,
        "labels": alert.labels or None,
        "settings": alert.settings or None,
        "rollup": alert.rollup,
        "ended": alert.ended,
        "flush_at": alert.flush_at,
        "remind_at": alert.remind_at,
    }


def _entry_values(alert_id: str, entry: Entry) -> dict[str, Any]:
    return {
        "alert_id": alert_id,
        "finding_key": entry.key,
        "finding": entry.finding,
        "weight": entry.finding.weight,
        "event_id": entry.event.id,
        "opened": entry.opened,
        "announced": entry.announced,
        "fixed": entry.fixed,
    }
