"""Timers, labels, silences, and deliveries of single findings and events."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_DELIVERIES = {
    "deliveries_by_state": (["state", "sink", "seq"], None),
    "deliveries_by_alert": (["alert_id"], None),
    "deliveries_by_event": (["event_id"], None),
    "deliveries_due": (
        ["sink", "severity", "next_attempt_at"],
        "next_attempt_at IS NOT NULL AND lease_until IS NULL",
    ),
    "deliveries_leased": (["sink", "lease_until"], "lease_until IS NOT NULL"),
    "deliveries_unfinished": (["alert_key", "sink"], "ended_at IS NULL"),
    "deliveries_tried": (
        ["sink", "first_attempt_at"],
        "first_attempt_at IS NOT NULL AND ended_at IS NULL",
    ),
    "deliveries_orphaned": (["unknown_since"], "unknown_since IS NOT NULL"),
    "deliveries_ended": (["ended_at"], "ended_at IS NOT NULL"),
    "deliveries_judged": (["judge_at"], "judge_at IS NOT NULL"),
}
_NEW = {"deliveries_judged", "deliveries_orphaned", "deliveries_tried"}


def upgrade() -> None:
    """Adds what routing in full needs; what is stored keeps its meaning."""
    op.add_column("findings", _moment("closed_at", nullable=True))
    _alerts()
    _entries()
    _deliveries()
    _sinks()
    _silences()
    _feeds()
    _configurations()


def _text(name: str, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=default)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false())


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, server_default="0")


def _moment(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _json(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=True)


def _index(name: str, table: str, columns: list[str], where: str | None) -> None:
    predicate = sa.text(where) if where else None
    op.create_index(name, table, columns, sqlite_where=predicate, postgresql_where=predicate)


def _alerts() -> None:
    for column in (
        _json("labels"),
        _json("settings"),
        _flag("rollup"),
        _text("ended", ""),
        _moment("flush_at", nullable=True),
        _moment("remind_at", nullable=True),
    ):
        op.add_column("alerts", column)
    op.execute("UPDATE alerts SET ended = 'fixed' WHERE resolved_at IS NOT NULL")
    op.create_index("alerts_by_route", "alerts", ["route", "seq"])
    _index("alerts_reminding", "alerts", ["remind_at"], "remind_at IS NOT NULL")


def _entries() -> None:
    op.add_column("entries", sa.Column("weight", sa.Integer, nullable=False, server_default="0"))
    for rank, word in enumerate(("low", "medium", "high", "critical"), 1):
        # Inside a JSON text a quote is escaped: this can only be the finding's own severity.
        stated = f'%"severity":"{word}"%'
        weighed = sa.text("UPDATE entries SET weight = :weight WHERE finding LIKE :stated")
        op.get_bind().execute(weighed, {"weight": rank * 100_000, "stated": stated})
    _index("entries_worst", "entries", ["alert_id", "weight"], "fixed IS NULL")


def _deliveries() -> None:
    for name in _DELIVERIES.keys() - _NEW:
        op.drop_index(name, "deliveries")
    with op.batch_alter_table("deliveries") as table:
        table.alter_column("alert_id", existing_type=sa.Text, nullable=True)
        table.add_column(_text("deliver", "alerts"))
        table.add_column(_text("route", ""))
        for column in map(_json, ("finding", "labels", "marks")):
            table.add_column(column)
        table.add_column(_text("muted_by", ""))
        table.add_column(_flag("reminder"))
        table.add_column(_moment("judge_at", nullable=True))
        table.add_column(_moment("unknown_since", nullable=True))
        table.add_column(_moment("stood_in_at", nullable=True))
    op.execute(
        "UPDATE deliveries SET route = "
        "(SELECT route FROM alerts WHERE alerts.id = deliveries.alert_id)"
    )
    for name, (columns, where) in _DELIVERIES.items():
        _index(name, "deliveries", columns, where)


def _sinks() -> None:
    op.add_column("sink_states", _flag("paused"))
    tokens = sa.Column("tokens", sa.Float, nullable=False, server_default="0")
    op.add_column("sink_states", tokens)
    op.add_column("sink_states", _moment("filled_at", nullable=True))
    op.add_column("sink_states", _count("failures"))
    op.add_column("sink_states", _moment("open_since", nullable=True))
    op.add_column("sink_states", _moment("probe_at", nullable=True))
    op.add_column("sink_states", _count("probes"))


def _silences() -> None:
    op.create_table(
        "silences",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        _text("matchers"),
        _moment("starts", nullable=True),
        _moment("until"),
        _text("owner"),
        _text("reason"),
        _moment("created_at"),
    )
    op.create_index("silences_by_end", "silences", ["until"])
    op.create_table(
        "budgets",
        sa.Column("route", sa.Text, primary_key=True),
        _moment("since"),
        sa.Column("opened", sa.Integer, nullable=False),
    )


def _feeds() -> None:
    op.create_table(
        "projects",
        *(
            sa.Column(name, sa.Text, primary_key=True)
            for name in ("source", "org_id", "project_id")
        ),
        _moment("seen_at"),
    )
    op.create_index("projects_by_age", "projects", ["source", "seen_at"])
    op.create_table(
        "feeds",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("source", "org_id")),
        _moment("seen_at"),
    )


def _configurations() -> None:
    op.create_table(
        "configurations",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        _text("digest"),
        _moment("accepted_at"),
        sa.Column("files", sa.LargeBinary, nullable=False),
    )
