"""Taking deliveries in hand: worst first, in order per alert key and sink, under a lease."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from gateway.model.alert import Alert
from gateway.model.delivery import Delivery, Told
from gateway.model.event import Event
from gateway.model.rate import AT_ONCE, Pace
from gateway.store import alerts, lanes, queue, sinks
from gateway.store.events import contexts
from gateway.store.statements import chunks, insert, is_shared, rows_of, these
from gateway.store.tables import deliveries, told

_HOLD = sa.update(deliveries).where(these(deliveries.c.id))
_RAISE = sa.update(deliveries).where(deliveries.c.id == sa.bindparam("the_id"))
_TOLD = sa.select(told).where(told.c.sink == sa.bindparam("of_sink"), these(told.c.alert_id))

# The other side may have acted, so no later revision replaces what was in flight.
LAPSED = {"state": "pending", "claim": None, "lease_until": None, "ambiguous": True}
"""What a delivery is from the end of its lease on, where nobody said what came of it."""


def _lapsed(*where: sa.ColumnElement[bool]) -> sa.Update:
    """Ends leases."""
    over = sa.select(deliveries.c.id).where(*where).with_for_update(skip_locked=True)
    return sa.update(deliveries).where(deliveries.c.id.in_(over.scalar_subquery()))


_LAPSE = _lapsed(
    deliveries.c.sink == sa.bindparam("of_sink"),
    deliveries.c.lease_until <= sa.bindparam("over_at"),
)


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery whose turn it is."""

    row: sa.Row[Any]

    @property
    def id(self) -> str:
        """The delivery's."""
        return str(self.row.id)

    @property
    def let_go_at(self) -> datetime | None:
        """When it was let go, where no try of it may have got through; None: one was made."""
        # Until the first try the time of the next is that of the judgement that let it go.
        if self.row.attempts or self.row.ambiguous:
            return None
        at: datetime = self.row.next_attempt_at
        return at


def due(
    connection: sa.Connection,
    sink: str,
    *,
    now: datetime,
    limit: int,
    lease_now: datetime | None = None,
    pace: Pace = AT_ONCE,
) -> list[Due]:
    """The sink's deliveries that may be tried now, once leases that are over have ended.

    `lease_now` is the time on the clock that leases run on, where that is not the wall clock.
    Where lanes are told each by itself, none gives more than its first delivery.
    """
    connection.execute(_LAPSE, {"of_sink": sink, "over_at": lease_now or now, **LAPSED})
    allowed = sinks.allowance(sinks.state(connection, sink), pace.of_sink, now, limit)
    of_queue = queue.first_of_each_lane if pace.by_lane else queue.first
    return [Due(row) for row in of_queue(connection, sink, now, allowed)]


def hold(
    connection: sa.Connection,
    sink: str,
    taken: Sequence[Due],
    *,
    now: datetime,
    claim: str,
    lease_until: datetime,
    pace: Pace = AT_ONCE,
) -> list[Delivery]:
    """These deliveries, from now on held under the claim until the lease ends.

    `told` is as it was before; from here on it says that an opening was tried.
    """
    rows = [each.row for each in taken]
    if rows:
        sinks.took(connection, sink, pace.of_sink, now=now, taken=len(rows))
    for lane in {row.lane for row in rows if pace.by_lane and row.lane}:
        lanes.enter(connection, sink, lane, pace.rate, now)
    held = {"state": "sending", "claim": claim, "lease_until": lease_until}
    for ids in chunks(row.id for row in rows):
        connection.execute(_HOLD, {"these": ids, **held})
    return _whole(connection, rows, sink, claim)


def recover(connection: sa.Connection) -> int:
    """How many deliveries were in flight when the last process ended; they are due again.

    Where other replicas may have them in hand, leases tell when they have not any more.
    """
    if is_shared(connection):
        return 0
    return connection.execute(_lapsed(deliveries.c.lease_until.is_not(None)), LAPSED).rowcount


def next_due(
    connection: sa.Connection, sink: str, *, now: datetime, pace: Pace = AT_ONCE
) -> datetime | None:
    """When `due` may next give something, None where nothing waits, or an operator says so.

    What waits behind a delivery in flight does not count: settling that one is the time to ask.
    """
    kept_back = lanes.waiting(connection, sink, now) if pace.by_lane else {}
    times = [*queue.next_of_each_rank(connection, sink, kept_back), *kept_back.values()]
    if not times:
        return None
    known = sinks.state(connection, sink)
    if known.paused:
        return None
    probe_at = known.breaker.probe_at if known.breaker.is_open else None
    bounds = [min(times), known.paused_until, known.next_at(pace.of_sink), probe_at]
    return max(each for each in bounds if each is not None)


def _whole(
    connection: sa.Connection, rows: Sequence[sa.Row[Any]], sink: str, claim: str
) -> list[Delivery]:
    alert_ids = [row.alert_id for row in rows if row.alert_id is not None]
    known = _told(connection, sink, alert_ids)
    _mark_tried(connection, sink, alert_ids)
    heard = {id_: known[id_].revision if id_ in known else 0 for id_ in alert_ids}
    whole = alerts.to_tell(connection, heard)
    revisions = {row.id: _revision(row, whole.get(row.alert_id)) for row in rows}
    _raise(connection, rows, revisions)
    behind = contexts(connection, [row.event_id for row in rows if row.alert_id is None])
    return [
        Delivery(
            id=row.id,
            deliver=row.deliver,
            sink=sink,
            route=row.route,
            revision=revisions[row.id],
            attempts=row.attempts,
            first_attempt_at=row.first_attempt_at,
            accepted_at=row.accepted_at,
            event_id=row.event_id,
            event=_event(row, whole, behind),
            claim=claim,
            alert_key=row.alert_key,
            alert=whole.get(row.alert_id),
            finding=row.finding,
            labels=row.labels or {},
            lane=row.lane,
            reminder=row.reminder,
            marks=row.marks or (),
            told=known.get(row.alert_id, Told()),
        )
        for row in rows
    ]


def _event(row: sa.Row[Any], whole: Mapping[str, Alert], behind: Mapping[str, Event]) -> Event:
    """An alert has its event with it: to read that once more would be half of a claim's rows."""
    return behind[row.event_id] if row.alert_id is None else whole[row.alert_id].event


def _revision(row: sa.Row[Any], alert: Alert | None) -> int:
    """A try tells the alert as it is now, unless an earlier one may have got through as it was."""
    raised = alert is not None and not row.ambiguous
    return alert.revision if alert and raised else int(row.revision)


def _raise(
    connection: sa.Connection, rows: Sequence[sa.Row[Any]], revisions: Mapping[str, int]
) -> None:
    raised = [
        {"the_id": row.id, "revision": revisions[row.id]}
        for row in rows
        if revisions[row.id] != row.revision
    ]
    if raised:
        connection.execute(_RAISE, raised)


def _told(connection: sa.Connection, sink: str, alert_ids: Iterable[str]) -> dict[str, Told]:
    return {
        row.alert_id: Told(
            revision=row.revision, tried=row.tried, closed=row.closed, receipt=row.receipt
        )
        for row in rows_of(connection, _TOLD, alert_ids, of_sink=sink)
    }


def _mark_tried(connection: sa.Connection, sink: str, alert_ids: Sequence[str]) -> None:
    """Before a byte leaves: whatever becomes of the try, a close is owed from now on."""
    if not alert_ids:
        return
    rows = [
        {"alert_id": id_, "sink": sink, "revision": 0, "tried": True, "closed": False}
        for id_ in alert_ids
    ]
    connection.execute(_tried(connection.dialect.name), rows)


@cache
def _tried(dialect: str) -> sa.Insert:
    return insert(dialect, told).on_conflict_do_update(
        index_elements=["alert_id", "sink"], set_={"tried": True}
    )
