"""What is owed to sinks, every try of it, and how each sink stands."""

import sqlalchemy as sa

from gateway.model.finding import Finding
from gateway.store.columns import SEQUENCE, Moment, Recorded, Words
from gateway.store.tables.metadata import metadata, partial_index

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
    sa.Column("lane", Words, nullable=False, default=""),  # known once a try was to be made
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
_due = deliveries.c.next_attempt_at.is_not(None) & deliveries.c.lease_until.is_(None)
_tried = deliveries.c.first_attempt_at.is_not(None) & deliveries.c.ended_at.is_(None)
partial_index(
    "deliveries_due", _due, deliveries.c.sink, deliveries.c.severity, deliveries.c.next_attempt_at
)
partial_index(
    "deliveries_leased",
    deliveries.c.lease_until.is_not(None),
    deliveries.c.sink,
    deliveries.c.lease_until,
)
partial_index(
    "deliveries_unfinished",
    deliveries.c.ended_at.is_(None),
    deliveries.c.alert_key,
    deliveries.c.sink,
)
partial_index("deliveries_tried", _tried, deliveries.c.sink, deliveries.c.first_attempt_at)
partial_index(
    "deliveries_orphaned", deliveries.c.unknown_since.is_not(None), deliveries.c.unknown_since
)
partial_index("deliveries_ended", deliveries.c.ended_at.is_not(None), deliveries.c.ended_at)
partial_index("deliveries_judged", deliveries.c.judge_at.is_not(None), deliveries.c.judge_at)
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
lanes = sa.Table(  # those of a sink that wait
    "lanes",
    metadata,
    sa.Column("sink", Words, primary_key=True),
    sa.Column("lane", Words, primary_key=True),
    sa.Column("free_at", Moment, nullable=False),
)
