"""Tells a sink's fallback of what the sink cannot be told."""

from datetime import timedelta

from gateway import logs
from gateway.clock import Clock
from gateway.model.identity import NewId
from gateway.pipeline.parts import InForce
from gateway.sinks.fallback import Fallback
from gateway.store import sinks, standins
from gateway.store.standins import StandIn
from gateway.store.store import Connection, Store

_log = logs.get("fallback")
# A fallback that is new in the rules is not told of what died long before.
_LATELY = timedelta(hours=1)


async def stand_in(
    store: Store, in_force: InForce, *, clock: Clock, new_id: NewId
) -> frozenset[str]:
    """The sinks that are owed something in the place of others.

    They get what was given up, what an open breaker holds up, and what was not delivered for as
    long as `after` says; the first sink is tried on.
    """
    told: set[str] = set()
    for name, sink in in_force.parts.sinks.items():
        fallback = sink.settings.fallback
        if fallback is not None:
            told |= await _of(
                StandIn(sink=name, fallback=fallback.sink), fallback, store, clock, new_id
            )
    return frozenset(told)


async def _of(
    pair: StandIn, fallback: Fallback, store: Store, clock: Clock, new_id: NewId
) -> set[str]:
    now = clock.now()

    def some(connection: Connection) -> tuple[int, int]:
        ids = standins.of_the_dead(connection, pair, since=now - _LATELY)
        if fallback.after is not None:
            before = now - timedelta(seconds=fallback.after)
            ids += standins.of_the_waiting(connection, pair, before)
        elif sinks.state(connection, pair.sink).breaker.is_open:
            ids += standins.of_the_waiting(connection, pair)
        made = standins.stand_in(connection, pair, ids, now, new_id=lambda: new_id("dlv", now))
        return len(ids), made

    told: set[str] = set()
    while True:
        seen, made = await store.write(some)
        if made:
            _log.warning("fallback told", sink=pair.sink, fallback=pair.fallback, deliveries=made)
            told.add(pair.fallback)
        if not seen:
            return told
