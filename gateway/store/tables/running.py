"""What a running gateway keeps beside its work."""

import sqlalchemy as sa

from gateway.store.columns import SEQUENCE, Moment, Recorded, Words
from gateway.store.tables.metadata import metadata

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
configurations = sa.Table(  # the last one that was accepted
    "configurations",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("digest", Words, nullable=False),
    sa.Column("accepted_at", Moment, nullable=False),
    sa.Column("files", sa.LargeBinary, nullable=False),
)
