"""Findings as they were last heard of, alerts, and what each sink knows of them."""

from typing import Any

import sqlalchemy as sa

from gateway.model.finding import Finding
from gateway.store.columns import SEQUENCE, Moment, Recorded, Words
from gateway.store.tables.metadata import metadata, partial_index

findings = sa.Table(
    "findings",
    metadata,
    sa.Column("key", Words, primary_key=True),
    sa.Column("source", Words, nullable=False),
    sa.Column("org_id", Words, nullable=False),
    sa.Column("project_id", Words, nullable=False),
    sa.Column("issue_id", Words, nullable=False),
    sa.Column("package", Words, nullable=False),
    sa.Column("change", Words, nullable=False),
    sa.Column("tested_at", Moment),
    sa.Column("changed_at", Moment, nullable=False),
    sa.Column("event_id", Words, nullable=False),
    sa.Column("closed_at", Moment),  # set while it is closed without a fix
    sa.Index("findings_by_age", "changed_at"),
)
alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("seq", SEQUENCE, primary_key=True),
    sa.Column("id", Words, nullable=False, unique=True),
    sa.Column("key", Words, nullable=False),
    sa.Column("route", Words, nullable=False),
    sa.Column("group_values", Recorded(tuple[str, ...]), nullable=False),
    sa.Column("sinks", Recorded(tuple[str, ...]), nullable=False),
    sa.Column("status", Words, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("severity", Words, nullable=False),
    sa.Column("open_count", sa.Integer, nullable=False),
    sa.Column("fixed_count", sa.Integer, nullable=False),
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    sa.Column("resolved_at", Moment),
    sa.Column("event_id", Words, sa.ForeignKey("events.id"), nullable=False),
    sa.Column("project_id", Words, nullable=False),
    sa.Column("project_name", Words, nullable=False),
    sa.Column("labels", Recorded(dict[str, str])),
    sa.Column("settings", Recorded(dict[str, dict[str, Any]])),
    sa.Column("rollup", sa.Boolean, nullable=False),
    sa.Column("ended", Words, nullable=False),
    sa.Column("flush_at", Moment),
    sa.Column("remind_at", Moment),
    sa.Index("alerts_by_status", "status", "seq"),
    sa.Index("alerts_by_route", "route", "seq"),
    sa.Index("alerts_by_event", "event_id"),
    sa.Index("alerts_by_project_id", "project_id"),
    sa.Index("alerts_by_project_name", "project_name"),
)
partial_index("alerts_open_key", alerts.c.resolved_at.is_(None), alerts.c.key, unique=True)
partial_index("alerts_resolved", alerts.c.resolved_at.is_not(None), alerts.c.resolved_at)
partial_index("alerts_reminding", alerts.c.remind_at.is_not(None), alerts.c.remind_at)
entries = sa.Table(
    "entries",
    metadata,
    sa.Column("alert_id", Words, sa.ForeignKey("alerts.id"), primary_key=True),
    sa.Column("finding_key", Words, primary_key=True),
    sa.Column("finding", Recorded(Finding), nullable=False),
    sa.Column("weight", sa.Integer, nullable=False),  # of the finding: the worst is the heaviest
    sa.Column("event_id", Words, sa.ForeignKey("events.id"), nullable=False),
    sa.Column("opened", sa.Integer, nullable=False),
    sa.Column("announced", sa.Integer, nullable=False),
    sa.Column("fixed", sa.Integer),
    sa.Index("entries_by_event", "event_id"),
)
partial_index("entries_open", entries.c.fixed.is_(None), entries.c.finding_key)
partial_index("entries_worst", entries.c.fixed.is_(None), entries.c.alert_id, entries.c.weight)
told = sa.Table(
    "told",
    metadata,
    sa.Column("alert_id", Words, sa.ForeignKey("alerts.id"), primary_key=True),
    sa.Column("sink", Words, primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("tried", sa.Boolean, nullable=False),
    sa.Column("closed", sa.Boolean, nullable=False),
    sa.Column("receipt", Recorded(dict[str, str])),
)
budgets = sa.Table(  # how many alerts each route opened since then
    "budgets",
    metadata,
    sa.Column("route", Words, primary_key=True),
    sa.Column("since", Moment, nullable=False),
    sa.Column("opened", sa.Integer, nullable=False),
)
