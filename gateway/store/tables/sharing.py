"""What several replicas agree on, where they share one database."""

import sqlalchemy as sa

from gateway.store.columns import Moment, Words
from gateway.store.tables.metadata import metadata

locks = sa.Table(  # rows to be locked; nothing is ever written in them
    "locks",
    metadata,
    sa.Column("name", Words, primary_key=True),
)
duties = sa.Table(  # who does what is to be done once, and until when nobody else does
    "duties",
    metadata,
    sa.Column("name", Words, primary_key=True),
    sa.Column("holder", Words, nullable=False),
    sa.Column("until", Moment, nullable=False),
)
