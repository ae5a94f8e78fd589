"""What cannot be read and was not told of yet, however much of that was told of long ago."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Adds an index over them."""
    new = sa.text("status = 'unreadable' AND context IS NULL")
    op.create_index(
        "events_unread", "events", ["status", "seq"], sqlite_where=new, postgresql_where=new
    )
