"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Makes every table of the first release."""
    _events()
    _alerts()
    _deliveries()
    _sinks()


def _sequence() -> sa.Column[int]:
    return sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)


def _text(
    name: str,
    *rest: sa.ForeignKey,
    nullable: bool = False,
    unique: bool | None = None,
    primary_key: bool = False,
) -> sa.Column[str]:
    return sa.Column(
        name, sa.Text, *rest, nullable=nullable, unique=unique, primary_key=primary_key
    )


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _index(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    predicate = sa.text(where)
    op.create_index(
        name, table, columns, unique=unique, sqlite_where=predicate, postgresql_where=predicate
    )


def _events() -> None:
    op.create_table(
        "events",
        _sequence(),
        _text("id", unique=True),
        _text("source"),
        sa.Column("dedup", sa.LargeBinary, nullable=False, unique=True),
        *map(_text, ("status", "type", "version", "transport_id")),
        _moment("received_at"),
        *map(_text, ("project_id", "project_name", "org_id")),
        *map(_number, ("new_count", "removed_count", "unreadable_issues", "tries")),
        _text("error"),
        _number("bytes"),
        _text("context", nullable=True),
    )
    op.create_index("events_by_status", "events", ["status", "seq"])
    op.create_index("events_by_project_id", "events", ["project_id"])
    op.create_index("events_by_project_name", "events", ["project_name"])
    op.create_index("events_by_age", "events", ["received_at"])
    op.create_table(
        "bodies",
        _text("event_id", sa.ForeignKey("events.id"), primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "findings",
        _text("key", primary_key=True),
        *map(_text, ("source", "org_id", "project_id", "issue_id", "package", "change")),
        _moment("tested_at", nullable=True),
        _moment("changed_at"),
        _text("event_id"),
    )
    op.create_index("findings_by_age", "findings", ["changed_at"])


def _alerts() -> None:
    op.create_table(
        "alerts",
        _sequence(),
        _text("id", unique=True),
        *map(_text, ("key", "route", "group_values", "sinks", "status")),
        _number("revision"),
        _text("severity"),
        *map(_number, ("open_count", "fixed_count")),
        *map(_moment, ("opened_at", "updated_at")),
        _moment("resolved_at", nullable=True),
        _text("event_id", sa.ForeignKey("events.id")),
        *map(_text, ("project_id", "project_name")),
    )
    op.create_index("alerts_by_status", "alerts", ["status", "seq"])
    op.create_index("alerts_by_event", "alerts", ["event_id"])
    op.create_index("alerts_by_project_id", "alerts", ["project_id"])
    op.create_index("alerts_by_project_name", "alerts", ["project_name"])
    _index("alerts_open_key", "alerts", ["key"], "resolved_at IS NULL", unique=True)
    _index("alerts_resolved", "alerts", ["resolved_at"], "resolved_at IS NOT NULL")
    op.create_table(
        "entries",
        _text("alert_id", sa.ForeignKey("alerts.id"), primary_key=True),
        _text("finding_key", primary_key=True),
        _text("finding"),
        _text("event_id", sa.ForeignKey("events.id")),
        _number("opened"),
        _number("announced"),
        _number("fixed", nullable=True),
    )
    op.create_index("entries_by_event", "entries", ["event_id"])
    _index("entries_open", "entries", ["finding_key"], "fixed IS NULL")


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        _sequence(),
        _text("id", unique=True),
        _text("alert_id", sa.ForeignKey("alerts.id")),
        _text("alert_key"),
        _text("event_id", sa.ForeignKey("events.id")),
        _text("sink"),
        *map(_number, ("revision", "severity")),
        *map(_text, ("state", "reason")),
        _number("attempts"),
        sa.Column("ambiguous", sa.Boolean, nullable=False),
        *map(_moment, ("accepted_at", "created_at")),
        *(_moment(name, nullable=True) for name in ("next_attempt_at", "first_attempt_at")),
        _moment("ended_at", nullable=True),
        _text("claim", nullable=True),
        _moment("lease_until", nullable=True),
    )
    op.create_index("deliveries_by_state", "deliveries", ["state", "sink", "seq"])
    op.create_index("deliveries_by_alert", "deliveries", ["alert_id"])
    op.create_index("deliveries_by_event", "deliveries", ["event_id"])
    due = ["sink", "severity", "next_attempt_at"]
    waits = "next_attempt_at IS NOT NULL AND lease_until IS NULL"
    _index("deliveries_due", "deliveries", due, waits)
    leased = ["sink", "lease_until"]
    _index("deliveries_leased", "deliveries", leased, "lease_until IS NOT NULL")
    _index("deliveries_unfinished", "deliveries", ["alert_key", "sink"], "ended_at IS NULL")
    _index("deliveries_ended", "deliveries", ["ended_at"], "ended_at IS NOT NULL")
    op.create_table(
        "attempts",
        _sequence(),
        _text("delivery_id", sa.ForeignKey("deliveries.id")),
        _number("number"),
        *map(_moment, ("started_at", "ended_at")),
        *map(_text, ("outcome", "reason")),
        _number("status", nullable=True),
        _text("detail"),
    )
    op.create_index("attempts_by_delivery", "attempts", ["delivery_id", "seq"])


def _sinks() -> None:
    op.create_table(
        "told",
        _text("alert_id", sa.ForeignKey("alerts.id"), primary_key=True),
        _text("sink", primary_key=True),
        _number("revision"),
        sa.Column("tried", sa.Boolean, nullable=False),
        sa.Column("closed", sa.Boolean, nullable=False),
        _text("receipt", nullable=True),
    )
    op.create_table(
        "sink_states", _text("sink", primary_key=True), _moment("paused_until", nullable=True)
    )
    op.create_table(
        "pulse",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        _number("beats"),
    )
