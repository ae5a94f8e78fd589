"""Takes deliveries in hand; what was let go a while ago and never tried is judged once more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from gateway.model.delivery import Delivery
from gateway.model.rate import AT_ONCE, Pace
from gateway.pipeline.muting import judge_at
from gateway.pipeline.parts import Parts
from gateway.pipeline.release import Released, judge_again
from gateway.store import clock, deliveries, locks
from gateway.store.deliveries import Due
from gateway.store.store import Connection

# A judgement is as good as new for so long: the usual way from there to the first try is shorter.
_FRESH = timedelta(seconds=5)
# What is read for a judgement serves many: those behind them in the queue are judged too.
_AHEAD = 100

Judged = Mapping[str, datetime]
"""When deliveries that have not been tried were last let go once more, by id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What a sink asks for when it can try something."""

    sink: str
    now: datetime
    limit: int
    """How many it can try at once."""
    claim: str
    lease_until: datetime
    lease_now: datetime | None = None
    """The time on the clock that leases run on, where that is not the wall clock."""
    pace: Pace = AT_ONCE
    judged: Judged = field(default_factory=dict)
    """As it came of the sink's last turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What the sink is to try now."""

    claimed: Sequence[Delivery] = ()
    kept_back: Released = field(default_factory=Released)
    """What would have been tried, had it not been muted, held or dropped meanwhile."""
    judged: Judged = field(default_factory=dict)
    earliest: datetime | None = None
    """When the first is due of what is left; not to come where it waits for another's end, or for
    the sink."""


def take(connection: Connection, parts: Parts, turn: Turn) -> Taken:
    """The sink's due deliveries, now held, and when to look again."""
    taken = _take(connection, parts, turn)
    return replace(taken, earliest=deliveries.earliest(connection, turn.sink))


def _take(connection: Connection, parts: Parts, turn: Turn) -> Taken:
    """The sink's due deliveries, now held; none where yet more must be judged before.

    A window may have closed, or a silence begun, while they waited for the sink. They are judged
    where they stand in the queue, and few more than those whose turn it is: none loses its place,
    and a long queue is not judged over and over.
    """
    locks.take(connection, locks.of_sink(turn.sink))
    turn = _by_the_stores_clock(connection, turn)
    found = _due(connection, turn)
    judge = judge_at(connection, parts, turn.now)
    if not judge.may_keep_anything_back:
        return Taken(claimed=_hold(connection, turn, found))
    judged = {id_: at for id_, at in turn.judged.items() if turn.now - _FRESH <= at <= turn.now}
    kept_back = Released()
    if _stale(found, turn, judged):
        ahead = _due(connection, replace(turn, limit=max(turn.limit, _AHEAD), pace=AT_ONCE))
        ids = _stale(ahead, turn, judged)
        judged |= dict.fromkeys(ids, turn.now)
        kept_back = judge_again(connection, judge, deliveries.waiting(connection, ids))
        found = _due(connection, turn)
        if _stale(found, turn, judged):
            return Taken(kept_back=kept_back, judged=judged)
    return Taken(claimed=_hold(connection, turn, found), kept_back=kept_back, judged=judged)


def _by_the_stores_clock(connection: Connection, turn: Turn) -> Turn:
    """The turn at the time that replicas share: by their own clocks rates would be several."""
    lease_now = turn.lease_now or turn.now
    lease = turn.lease_until - lease_now
    now, lease_now = clock.now(connection, turn.now), clock.now(connection, lease_now)
    return replace(turn, now=now, lease_now=lease_now, lease_until=lease_now + lease)


def _stale(found: Sequence[Due], turn: Turn, judged: Judged) -> Sequence[str]:
    """Those that were never tried, and judged too long ago."""
    before = turn.now - _FRESH
    return [
        each.id
        for each in found
        if each.let_go_at is not None and each.let_go_at < before and each.id not in judged
    ]


def _due(connection: Connection, turn: Turn) -> Sequence[Due]:
    return deliveries.due(
        connection,
        turn.sink,
        now=turn.now,
        limit=turn.limit,
        lease_now=turn.lease_now,
        pace=turn.pace,
    )


def _hold(connection: Connection, turn: Turn, found: Sequence[Due]) -> Sequence[Delivery]:
    return deliveries.hold(
        connection,
        turn.sink,
        found,
        now=turn.now,
        claim=turn.claim,
        lease_until=turn.lease_until,
        pace=turn.pace,
    )
