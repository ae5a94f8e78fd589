"""What the admin API shows: pages of rows, newest first, ready for JSON."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from gateway.model.severity import SEVERITIES
from gateway.store.tables import alerts as _alerts
from gateway.store.tables import attempts as _attempts
from gateway.store.tables import deliveries as _deliveries
from gateway.store.tables import entries as _entries
from gateway.store.tables import events as _events
from gateway.store.tables import silences as _silences

MOST = 1000
"""Rows that one answer holds at most."""

Item = dict[str, Any]
Row = sa.Row[Any]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing."""

    items: list[Item]
    next: str | None
    """Cursor of the next page; None on the last one."""


def events(
    connection: sa.Connection,
    *,
    source: str | None = None,
    type: str | None = None,  # noqa: A002 - the filter's name in the API
    status: str | None = None,
    project: str | None = None,
    limit: int,
    cursor: str | None = None,
) -> Page:
    """Webhooks; `project` is an id or a name."""
    where = [*_equal(_events, source=source, type=type, status=status), *_of(_events, project)]
    return _page(connection, _events, where, _event, limit=limit, cursor=cursor)


def alerts(
    connection: sa.Connection,
    *,
    status: str | None = None,
    route: str | None = None,
    project: str | None = None,
    limit: int,
    cursor: str | None = None,
) -> Page:
    """Alerts; `project` is the id or name of the project that opened them."""
    where = [*_equal(_alerts, status=status, route=route), *_of(_alerts, project)]
    return _page(connection, _alerts, where, _alert, limit=limit, cursor=cursor)


def deliveries(
    connection: sa.Connection,
    *,
    status: str | None = None,
    sink: str | None = None,
    alert: str | None = None,
    event: str | None = None,
    limit: int,
    cursor: str | None = None,
) -> Page:
    """Deliveries; `alert` and `event` are ids."""
    where = _equal(_deliveries, state=status, sink=sink, alert_id=alert, event_id=event)
    return _page(connection, _deliveries, where, _delivery, limit=limit, cursor=cursor)


def silences(
    connection: sa.Connection,
    *,
    now: datetime,
    status: str | None = None,
    limit: int,
    cursor: str | None = None,
) -> Page:
    """Silences that were made at run time; one is pending, active or expired."""
    starts, until = _silences.c.starts, _silences.c.until
    begun = sa.or_(starts.is_(None), starts <= now)
    where = {
        None: [],
        "pending": [~begun, until > now],
        "active": [begun, until > now],
        "expired": [until <= now],
    }[status]
    return _page(
        connection, _silences, where, lambda row: _silence(row, now), limit=limit, cursor=cursor
    )


def silence(connection: sa.Connection, id_: str, *, now: datetime) -> Item | None:
    """One silence that was made at run time, None where there is none."""
    found = _some(connection, _silences, _silences.c.id == id_, lambda row: _silence(row, now))
    return next(iter(found), None)


def silence_status(starts: datetime | None, until: datetime, now: datetime) -> str:
    """Pending, active or expired."""
    if until <= now:
        return "expired"
    return "pending" if starts is not None and starts > now else "active"


def became(connection: sa.Connection, event_id: str, alert_keys: Sequence[str]) -> list[Item]:
    """The deliveries that an event made, and those of the alerts with these keys."""
    which = sa.or_(_deliveries.c.event_id == event_id, _deliveries.c.alert_key.in_(alert_keys))
    return _some(connection, _deliveries, which, _became)


def event(connection: sa.Connection, id_: str) -> Item | None:
    """One webhook, None where there is none."""
    return next(iter(_some(connection, _events, _events.c.id == id_, _event)), None)


def alert(connection: sa.Connection, id_: str) -> Item | None:
    """One alert with its findings and deliveries, None where there is none."""
    for item in _some(connection, _alerts, _alerts.c.id == id_, _alert):
        held = sa.select(_entries).where(_entries.c.alert_id == id_).limit(MOST)
        owed = _deliveries.c.alert_id == id_
        return item | {
            "findings": [_finding(row) for row in connection.execute(held)],
            "deliveries": _some(connection, _deliveries, owed, _delivery),
        }
    return None


def delivery(connection: sa.Connection, id_: str) -> Item | None:
    """One delivery with its attempts, None where there is none."""
    for item in _some(connection, _deliveries, _deliveries.c.id == id_, _delivery):
        tries = _some(connection, _attempts, _attempts.c.delivery_id == id_, _attempt)
        return item | {"attempts": tries}
    return None


def _equal(table: sa.Table, **wanted: str | None) -> list[sa.ColumnElement[bool]]:
    return [table.c[name] == value for name, value in wanted.items() if value is not None]


def _of(table: sa.Table, project: str | None) -> list[sa.ColumnElement[bool]]:
    if project is None:
        return []
    return [sa.or_(table.c.project_id == project, table.c.project_name == project)]


def _page(
    connection: sa.Connection,
    table: sa.Table,
    where: list[sa.ColumnElement[bool]],
    shown: Callable[[Row], Item],
    *,
    limit: int,
    cursor: str | None,
) -> Page:
    limit = max(1, min(limit, MOST))
    query = _shown(table).where(*where).order_by(table.c.seq.desc()).limit(limit + 1)
    if cursor is not None:
        last = sa.select(table.c.seq).where(table.c.id == cursor).scalar_subquery()
        query = query.where(table.c.seq < last)
    rows = connection.execute(query).all()
    items = [shown(row) for row in rows[:limit]]
    return Page(items, items[-1]["id"] if len(rows) > limit else None)


def _some(
    connection: sa.Connection,
    table: sa.Table,
    where: sa.ColumnElement[bool],
    shown: Callable[[Row], Item],
) -> list[Item]:
    query = _shown(table).where(where).order_by(table.c.seq).limit(MOST)
    return [shown(row) for row in connection.execute(query)]


def _shown(table: sa.Table) -> sa.Select[Any]:
    """The table's rows; an alert's with what mutes it, which its deliveries know."""
    if table is not _alerts:
        return sa.select(table)
    muted = sa.select(sa.func.max(_deliveries.c.muted_by)).where(
        _deliveries.c.alert_id == _alerts.c.id, _deliveries.c.state == "muted"
    )
    return sa.select(table, muted.scalar_subquery().label("muted_by"))


def _columns(row: Row, *names: str) -> Item:
    return {name: getattr(row, name) for name in names}


def _event(row: Row) -> Item:
    return {
        **_columns(row, "id", "source", "type", "version", "status", "transport_id"),
        **_columns(row, "received_at", "new_count", "removed_count", "unreadable_issues"),
        **_columns(row, "tries", "error", "bytes"),
        "project": {"id": row.project_id, "name": row.project_name},
        "org": {"id": row.org_id},
    }


def _alert(row: Row) -> Item:
    return {
        **_columns(row, "id", "key", "status", "route", "severity", "open_count", "fixed_count"),
        **_columns(row, "revision", "opened_at", "updated_at", "resolved_at", "rollup", "ended"),
        "group": list(row.group_values),
        "labels": row.labels or {},
        "muted_by": row.muted_by or "",
        "sinks": list(row.sinks),
        "event": row.event_id,
        "project": {"id": row.project_id, "name": row.project_name},
    }


def _silence(row: Row, now: datetime) -> Item:
    return {
        "id": row.id,
        "status": silence_status(row.starts, row.until, now),
        "matchers": list(row.matchers),
        "from": row.starts,
        **_columns(row, "until", "owner", "reason", "created_at"),
        "origin": "runtime",
    }


def _became(row: Row) -> Item:
    return _delivery(row) | {
        "alert_key": row.alert_key,
        "finding": row.finding.id if row.finding else None,
        "package": row.finding.package if row.finding else None,
    }


def _finding(row: Row) -> Item:
    finding = row.finding
    return {
        "id": finding.id,
        "package": finding.package,
        "title": finding.title,
        "severity": finding.severity,
        "status": "open" if row.fixed is None else "fixed",
        "event": row.event_id,
    }


def _delivery(row: Row) -> Item:
    return {
        **_columns(row, "id", "sink", "route", "deliver", "revision", "reason", "muted_by"),
        **_columns(row, "reminder", "created_at", "first_attempt_at", "ended_at"),
        "next_attempt_at": row.next_attempt_at or row.judge_at,
        "marks": list(row.marks or ()),
        "alert": row.alert_id,
        "event": row.event_id,
        "status": row.state,
        "tries": row.attempts,
        "severity": SEVERITIES[row.severity - 1] if row.severity else "",
    }


def _attempt(row: Row) -> Item:
    names = ("number", "started_at", "ended_at", "outcome", "reason", "status", "detail")
    return _columns(row, *names)
