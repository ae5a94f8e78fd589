"""What arrived: webhooks, their bodies, and when each feed and project was last heard of."""

import sqlalchemy as sa

from gateway.model.event import Event
from gateway.store.columns import SEQUENCE, Moment, Recorded, Words
from gateway.store.tables.metadata import metadata, partial_index

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
    sa.Column("lease_until", Moment),  # set from the begin of its dispatch to the end
    sa.Index("events_by_status", "status", "seq"),
    sa.Index("events_by_project_id", "project_id"),
    sa.Index("events_by_project_name", "project_name"),
    sa.Index("events_by_age", "received_at"),
)
partial_index("events_leased", events.c.lease_until.is_not(None), events.c.lease_until)
unread = (events.c.status == sa.literal_column("'unreadable'")) & events.c.context.is_(None)
"""Of an event that cannot be read, and was not dispatched."""
partial_index("events_unread", unread, events.c.status, events.c.seq)
bodies = sa.Table(
    "bodies",
    metadata,
    sa.Column("event_id", Words, sa.ForeignKey("events.id"), primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),  # zlib
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
