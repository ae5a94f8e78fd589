"""Lanes: what is told at a rate of its own within one sink, such as a channel."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Adds them; what is stored goes by none."""
    op.add_column("deliveries", sa.Column("lane", sa.Text, nullable=False, server_default=""))
    op.create_table(
        "lanes",
        sa.Column("sink", sa.Text, primary_key=True),
        sa.Column("lane", sa.Text, primary_key=True),
        sa.Column("free_at", sa.BigInteger, nullable=False),
    )
