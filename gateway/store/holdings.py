"""Alerts with their entries: all, those that an event speaks of, or as many as can be shown."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from gateway.model.alert import Alert, Beyond, Entry
from gateway.model.finding import RANK_WEIGHT
from gateway.store.events import contexts
from gateway.store.statements import chunks, rows_of, these
from gateway.store.tables import entries

MOST = 1000
"""Entries of one alert that are looked at one by one; of a larger one the worst are."""
_WORST = 200

Row = sa.Row[Any]


def whole(connection: sa.Connection, rows: Sequence[Row]) -> dict[str, Alert]:
    """The alerts of these rows, with all their entries."""
    ids = [row.id for row in rows]
    return _made(connection, rows, list(rows_of(connection, _OF_ALERTS, ids)))


def spoken_of(
    connection: sa.Connection, rows: Sequence[Row], finding_keys: Sequence[str]
) -> dict[str, Alert]:
    """The alerts of these rows with the entries of these findings; the others are counted."""
    ids = [row.id for row in rows]
    held = [
        row
        for some in chunks(ids)
        for row in rows_of(connection, _OF_FINDINGS, finding_keys, alert_ids=some)
    ]
    made = _made(connection, rows, held)
    return {row.id: _with_others(made[row.id], row) for row in rows}


def bounded(
    connection: sa.Connection, rows: Sequence[Row], told: Mapping[str, int]
) -> dict[str, Alert]:
    """The alerts of these rows with the worst entries, and the worst that are news.

    `told` is by alert id the revision that is known to whoever is to be told; the entries that
    are left out are counted.
    """
    small = [row for row in rows if row.open_count + row.fixed_count <= MOST]
    large = [row for row in rows if row.open_count + row.fixed_count > MOST]
    return whole(connection, small) | {
        row.id: _worst(connection, row, told.get(row.id, 0)) for row in large
    }


def _worst(connection: sa.Connection, row: Row, told: int) -> Alert:
    still_open = entries.c.fixed.is_(None)
    news = still_open & sa.or_(entries.c.opened > told, entries.c.announced > told)
    gone = (entries.c.fixed > told) & (entries.c.opened <= (told or row.revision))
    held: dict[str, Row] = {}
    for which in (still_open, news, gone):
        query = (
            sa.select(entries)
            .where(entries.c.alert_id == row.id, which)
            .order_by(entries.c.weight.desc())
            .limit(_WORST)
        )
        held |= {each.finding_key: each for each in connection.execute(query)}
    alert = _with_others(_made(connection, [row], list(held.values()))[row.id], row)
    at_hand = [entry for entry in alert.entries if entry.fixed is None]
    by_rank = Counter(_by_rank(connection, row.id))
    by_rank.subtract(Counter(entry.finding.rank for entry in at_hand))
    known = told or row.revision
    others = replace(
        alert.beyond,
        by_rank=by_rank,
        new=_count(connection, row.id, news)
        - sum(entry.is_news(told, alert.revision) for entry in at_hand),
        gone=_count(connection, row.id, gone)
        - sum((each.fixed or 0) > told and each.opened <= known for each in alert.entries),
    )
    return replace(alert, beyond=others)


def _by_rank(connection: sa.Connection, alert_id: str) -> dict[int, int]:
    rank = (entries.c.weight // RANK_WEIGHT).label("rank")
    query = (
        sa.select(rank, sa.func.count().label("number"))
        .where(entries.c.alert_id == alert_id, entries.c.fixed.is_(None))
        .group_by(rank)
    )
    return {row.rank: row.number for row in connection.execute(query)}


def _count(connection: sa.Connection, alert_id: str, which: sa.ColumnElement[bool]) -> int:
    query = sa.select(sa.func.count()).where(entries.c.alert_id == alert_id, which)
    return connection.execute(query).scalar_one()


def _with_others(alert: Alert, row: Row) -> Alert:
    """The alert, with how many entries are not at hand."""
    still_open = len(alert.open_entries)
    beyond = Beyond(
        open=row.open_count - still_open,
        fixed=row.fixed_count - (len(alert.entries) - still_open),
    )
    return replace(alert, beyond=beyond)


_IN_ORDER = sa.select(entries).order_by(entries.c.opened, entries.c.finding_key)
_OF_ALERTS = _IN_ORDER.where(these(entries.c.alert_id))
_OF_FINDINGS = _IN_ORDER.where(
    these(entries.c.finding_key),
    entries.c.alert_id.in_(sa.bindparam("alert_ids", expanding=True)),
)


def _made(connection: sa.Connection, rows: Sequence[Row], held: Sequence[Row]) -> dict[str, Alert]:
    """Alerts and entries as the model has them; what they share of events is loaded once."""
    known = contexts(connection, [row.event_id for row in (*rows, *held)])
    found: defaultdict[str, list[Entry]] = defaultdict(list)
    for row in held:
        entry = Entry(
            key=row.finding_key,
            finding=row.finding,
            event=known[row.event_id],
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
            event=known[row.event_id],
            entries=tuple(found[row.id]),
            labels=row.labels or {},
            settings=row.settings or {},
            rollup=row.rollup,
            ended=row.ended,
            flush_at=row.flush_at,
            remind_at=row.remind_at,
        )
        for row in rows
    }
