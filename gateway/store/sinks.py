"""What is known of each sink: whether it waits, and how much it may be told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from typing import Any

import sqlalchemy as sa

from gateway.model.breaker import Breaker, Health
from gateway.model.rate import Bucket, Rate, full
from gateway.store.statements import fields_of, insert, upsert
from gateway.store.tables import deliveries, sink_states


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkState:
    """How one sink stands."""

    paused: bool = False
    """An operator had it wait."""
    paused_until: datetime | None = None
    """It asked to be left alone until then."""
    bucket: Bucket | None = None
    breaker: Breaker = field(default_factory=Breaker)

    def next_at(self, rate: Rate | None) -> datetime | None:
        """When the rate lets one more go; None where it has no say."""
        return None if rate is None or self.bucket is None else self.bucket.next_at(rate)


_STATE = sa.select(sink_states).where(sink_states.c.sink == sa.bindparam("of_sink"))
_LOCKED = _STATE.with_for_update()


def state(connection: sa.Connection, sink: str) -> SinkState:
    """How the sink stands."""
    row = connection.execute(_STATE, {"of_sink": sink}).one_or_none()
    return SinkState() if row is None else _state(row)


def _locked(connection: sa.Connection, sink: str) -> SinkState:
    """How the sink stands, which nobody else changes until the transaction ends."""
    row = connection.execute(_LOCKED, {"of_sink": sink}).one_or_none()
    return SinkState() if row is None else _state(row)


def states(connection: sa.Connection) -> Mapping[str, SinkState]:
    """How every sink stands that anything is known of."""
    return {row.sink: _state(row) for row in connection.execute(sa.select(sink_states))}


def allowance(known: SinkState, rate: Rate | None, now: datetime, limit: int) -> int:
    """How many of `limit` may be sent now."""
    if known.paused or (known.paused_until is not None and known.paused_until > now):
        return 0
    limit = known.breaker.lets(limit, now)
    if rate is None:
        return limit
    return min(limit, (known.bucket or full(rate, now)).filled(rate, now).whole)


def pause(connection: sa.Connection, sink: str, *, paused: bool) -> None:
    """Has the sink wait until it is told otherwise, or go on."""
    statement = insert(connection.dialect.name, sink_states).values(
        sink=sink, paused=paused, tokens=0.0
    )
    connection.execute(
        statement.on_conflict_do_update(index_elements=["sink"], set_={"paused": paused})
    )


def took(
    connection: sa.Connection, sink: str, rate: Rate | None, *, now: datetime, taken: int
) -> None:
    """Notes that so many are tried now: out of its bucket, or as a probe of an open breaker."""
    known = _locked(connection, sink)
    if known.breaker.is_open:
        _keep(connection, sink, known.breaker.probed(now))
    if rate is not None:
        left = (known.bucket or full(rate, now)).filled(rate, now).without(taken)
        row = {"sink": sink, "paused": known.paused, "tokens": left.tokens, "filled_at": left.at}
        upsert(connection, sink_states, [row])


def heard(connection: sa.Connection, sink: str, healths: Sequence[Health], now: datetime) -> None:
    """Notes what tries told of the sink; a breaker that closes makes all that waits due now."""
    before = _locked(connection, sink).breaker
    breaker = reduce(lambda known, health: known.after(health, now), healths, before)
    if breaker != before:
        _keep(connection, sink, breaker)
    if before.is_open and not breaker.is_open:
        waits = (deliveries.c.sink == sink, deliveries.c.next_attempt_at > now)
        is_free = deliveries.c.lease_until.is_(None)
        connection.execute(sa.update(deliveries).where(*waits, is_free).values(next_attempt_at=now))


def half_open(connection: sa.Connection, now: datetime, sink: str | None = None) -> None:
    """Lets open breakers probe now, all of them or that of one sink: somebody changed something."""
    for name, known in states(connection).items():
        if known.breaker.is_open and sink in {None, name}:
            _keep(connection, name, _locked(connection, name).breaker.half_opened(now))


def leave_alone(connection: sa.Connection, sink: str, until: datetime) -> None:
    """The sink waits until then, or longer where it waits already."""
    statement = insert(connection.dialect.name, sink_states).values(
        sink=sink, paused=False, tokens=0.0, paused_until=until
    )
    later = sa.or_(
        sink_states.c.paused_until.is_(None),
        sink_states.c.paused_until < statement.excluded.paused_until,
    )
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["sink"],
            set_={"paused_until": statement.excluded.paused_until},
            where=later,
        )
    )


def _keep(connection: sa.Connection, sink: str, breaker: Breaker) -> None:
    values = fields_of(breaker)
    statement = insert(connection.dialect.name, sink_states).values(
        sink=sink, paused=False, tokens=0.0, **values
    )
    connection.execute(statement.on_conflict_do_update(index_elements=["sink"], set_=values))


def _state(row: sa.Row[Any]) -> SinkState:
    return SinkState(
        paused=row.paused,
        paused_until=row.paused_until,
        bucket=None if row.filled_at is None else Bucket(row.tokens, row.filled_at),
        breaker=Breaker(
            failures=row.failures,
            open_since=row.open_since,
            probe_at=row.probe_at,
            probes=row.probes,
        ),
    )
