"""What replicas that share a database agree on, and how PostgreSQL is to keep the busy tables."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

# Rows that change several times within seconds and end soon. Autovacuum's own defaults wait until a
# fifth of a table is dead (postgresql.org/docs/current/runtime-config-autovacuum.html), which after
# a month of retention is a queue's worth of dead rows over and over.
_BUSY = {
    "autovacuum_vacuum_scale_factor": "0.01",
    "autovacuum_vacuum_threshold": "1000",
    "autovacuum_vacuum_cost_delay": "1",
    "autovacuum_analyze_scale_factor": "0.02",
}
# Rows of which there are few, all of them changed all the time in place.
_SMALL = {"fillfactor": "50", "autovacuum_vacuum_threshold": "200"}


def upgrade() -> None:
    """Adds it; what is stored is in nobody's hands."""
    op.add_column("events", sa.Column("lease_until", sa.BigInteger))
    held = sa.text("lease_until IS NOT NULL")
    op.create_index(
        "events_leased", "events", ["lease_until"], sqlite_where=held, postgresql_where=held
    )
    op.create_table("locks", sa.Column("name", sa.Text, primary_key=True))
    op.create_table(
        "duties",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
    )
    if op.get_bind().dialect.name == "postgresql":
        for table in ("deliveries", "events", "alerts", "told"):
            _store(table, _BUSY)
        for table in ("sink_states", "budgets", "feeds", "pulse", "duties", "lanes"):
            _store(table, _SMALL)


def _store(table: str, settings: dict[str, str]) -> None:
    listed = ", ".join(f"{name} = {value}" for name, value in settings.items())
    op.execute(f"ALTER TABLE {table} SET ({listed})")
