"""The tables; `migrations/` makes them, and a test holds the two together."""

from typing import Any

import sqlalchemy as sa

from gateway.model.event import Event
from gateway.model.finding import Finding
from gateway.store.columns import SEQUENCE, Moment, Recorded, Words

metadata = sa.MetaData()

events = sa.Table(
    "events",
    metadata,
    sa.Column("seq", SEQUENCE, primary_key=True),  # order of arrival
    sa.Column("id", Words, nullable=False, unique=True),
    sa.Column("source", Words, nullable=False),
    sa.Column("dedup", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("status", Words, nullable=False),
    sa.Column("type", Words, nullable=False),
    sa.Column("version", Words, nullable=False),
    sa.Column("transport_id", Words, nullable=False),
    sa.Column("received_at", Moment, nullable=False),
    sa.Column("project_id", Words, nullable=False),
    sa.Column("project_name", Words, nullable=False),
    sa.Column("org_id", Words, nullable=False),
    sa.Column("new_count", sa.Integer, nullable=False),
    sa.Column("removed_count", sa.Integer, nullable=False),
    sa.Column("unreadable_issues", sa.Integer, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("error", Words, nullable=False),
    sa.Column("bytes", sa.Integer, nullable=False),
    sa.Column("context", Recorded(Event)),
    sa.Index("events_by_status", "status", "seq"),
    sa.Index("events_by_project_id", "project_id"),
    sa.Index("events_by_project_name", "project_name"),
    sa.Index("events_by_age", "received_at"),
)
bodies = sa.Table(
    "bodies",
    metadata,
    sa.Column("event_id", Words, sa.ForeignKey("events.id"), primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),  # zlib
)
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
sa.Index(
    "alerts_open_key",
    alerts.c.key,
    unique=True,
    sqlite_where=alerts.c.resolved_at.is_(None),
    postgresql_where=alerts.c.resolved_at.is_(None),
)
sa.Index(
    "alerts_resolved",
    alerts.c.resolved_at,
    sqlite_where=alerts.c.resolved_at.is_not(None),
    postgresql_where=alerts.c.resolved_at.is_not(None),
)
sa.Index(
    "alerts_reminding",
    alerts.c.remind_at,
    sqlite_where=alerts.c.remind_at.is_not(None),
    postgresql_where=alerts.c.remind_at.is_not(None),
)
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
sa.Index(
    "entries_open",
    entries.c.finding_key,
    sqlite_where=entries.c.fixed.is_(None),
    postgresql_where=entries.c.fixed.is_(None),
)
sa.Index(
    "entries_worst",
    entries.c.alert_id,
    entries.c.weight,
    sqlite_where=entries.c.fixed.is_(None),
    postgresql_where=entries.c.fixed.is_(None),
)
deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("seq", SEQUENCE, primary_key=True),
    sa.Column("id", Words, nullable=False, unique=True),
    sa.Column("deliver", Words, nullable=False),
    sa.Column("alert_id", Words, sa.ForeignKey("alerts.id")),  # None for findings and events
    sa.Column("alert_key", Words, nullable=False),
    sa.Column("route", Words, nullable=False),
    sa.Column("event_id", Words, sa.ForeignKey("events.id"), nullable=False),
    sa.Column("sink", Words, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("severity", sa.Integer, nullable=False),
    sa.Column("state", Words, nullable=False),
    sa.Column("reason", Words, nullable=False),
    sa.Column("finding", Recorded(Finding)),
    sa.Column("labels", Recorded(dict[str, str])),
    sa.Column("marks", Recorded(tuple[str, ...])),
    sa.Column("muted_by", Words, nullable=False),
    sa.Column("reminder", sa.Boolean, nullable=False),
    sa.Column("judge_at", Moment),  # set while a judgement is due: held, muted, or not yet judged
    sa.Column("unknown_since", Moment),  # set while it waits for a sink that is not configured
    sa.Column("stood_in_at", Moment),  # set once its fallback was told in its place
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("ambiguous", sa.Boolean, nullable=False),
    sa.Column("accepted_at", Moment, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("next_attempt_at", Moment),  # set while sending, or pending and judged
    sa.Column("first_attempt_at", Moment),
    sa.Column("ended_at", Moment),  # set once finished, and only then
    sa.Column("claim", Words),
    sa.Column("lease_until", Moment),  # set while sending, and only then
    sa.Index("deliveries_by_state", "state", "sink", "seq"),
    sa.Index("deliveries_by_alert", "alert_id"),
    sa.Index("deliveries_by_event", "event_id"),
)
# Predicates without literals: SQLite uses a partial index only where it can prove that the
# query implies its predicate, which it cannot for a value that is bound later.
_due = deliveries.c.next_attempt_at.is_not(None) & deliveries.c.lease_until.is_(None)
_tried = deliveries.c.first_attempt_at.is_not(None) & deliveries.c.ended_at.is_(None)
sa.Index(
    "deliveries_due",
    deliveries.c.sink,
    deliveries.c.severity,
    deliveries.c.next_attempt_at,
    sqlite_where=_due,
    postgresql_where=_due,
)
sa.Index(
    "deliveries_leased",
    deliveries.c.sink,
    deliveries.c.lease_until,
    sqlite_where=deliveries.c.lease_until.is_not(None),
    postgresql_where=deliveries.c.lease_until.is_not(None),
)
sa.Index(
    "deliveries_unfinished",
    deliveries.c.alert_key,
    deliveries.c.sink,
    sqlite_where=deliveries.c.ended_at.is_(None),
    postgresql_where=deliveries.c.ended_at.is_(None),
)
sa.Index(
    "deliveries_tried",
    deliveries.c.sink,
    deliveries.c.first_attempt_at,
    sqlite_where=_tried,
    postgresql_where=_tried,
)
sa.Index(
    "deliveries_orphaned",
    deliveries.c.unknown_since,
    sqlite_where=deliveries.c.unknown_since.is_not(None),
    postgresql_where=deliveries.c.unknown_since.is_not(None),
)
sa.Index(
    "deliveries_ended",
    deliveries.c.ended_at,
    sqlite_where=deliveries.c.ended_at.is_not(None),
    postgresql_where=deliveries.c.ended_at.is_not(None),
)
sa.Index(
    "deliveries_judged",
    deliveries.c.judge_at,
    sqlite_where=deliveries.c.judge_at.is_not(None),
    postgresql_where=deliveries.c.judge_at.is_not(None),
)
attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("seq", SEQUENCE, primary_key=True),
    sa.Column("delivery_id", Words, sa.ForeignKey("deliveries.id"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("ended_at", Moment, nullable=False),
    sa.Column("outcome", Words, nullable=False),
    sa.Column("reason", Words, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("detail", Words, nullable=False),
    sa.Index("attempts_by_delivery", "delivery_id", "seq"),
)
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
sink_states = sa.Table(
    "sink_states",
    metadata,
    sa.Column("sink", Words, primary_key=True),
    sa.Column("paused", sa.Boolean, nullable=False),  # by an operator
    sa.Column("paused_until", Moment),  # by its own wish
    sa.Column("tokens", sa.Float, nullable=False),  # as of `filled_at`; None: never counted
    sa.Column("filled_at", Moment),
    sa.Column("failures", sa.Integer, nullable=False, default=0),
    sa.Column("open_since", Moment),  # set while the breaker is open
    sa.Column("probe_at", Moment),
    sa.Column("probes", sa.Integer, nullable=False, default=0),
)
pulse = sa.Table(
    "pulse",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("beats", sa.Integer, nullable=False),
)
silences = sa.Table(
    "silences",
    metadata,
    sa.Column("seq", SEQUENCE, primary_key=True),
    sa.Column("id", Words, nullable=False, unique=True),
    sa.Column("matchers", Recorded(tuple[str, ...]), nullable=False),
    sa.Column("starts", Moment),
    sa.Column("until", Moment, nullable=False),
    sa.Column("owner", Words, nullable=False),
    sa.Column("reason", Words, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Index("silences_by_end", "until"),
)
budgets = sa.Table(  # how many alerts each route opened since then
    "budgets",
    metadata,
    sa.Column("route", Words, primary_key=True),
    sa.Column("since", Moment, nullable=False),
    sa.Column("opened", sa.Integer, nullable=False),
)
projects = sa.Table(  # last snapshot of each
    "projects",
    metadata,
    sa.Column("source", Words, primary_key=True),
    sa.Column("org_id", Words, primary_key=True),
    sa.Column("project_id", Words, primary_key=True),
    sa.Column("seen_at", Moment, nullable=False),
    sa.Index("projects_by_age", "source", "seen_at"),
)
feeds = sa.Table(  # last snapshot of each organisation; without one: of the source as such
    "feeds",
    metadata,
    sa.Column("source", Words, primary_key=True),
    sa.Column("org_id", Words, primary_key=True),
    sa.Column("seen_at", Moment, nullable=False),
)
configurations = sa.Table(  # the last one that was accepted
    "configurations",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("digest", Words, nullable=False),
    sa.Column("accepted_at", Moment, nullable=False),
    sa.Column("files", sa.LargeBinary, nullable=False),
)
