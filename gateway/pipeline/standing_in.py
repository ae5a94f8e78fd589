"""Tells a sink's fallback of what the sink cannot be told."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from gateway import logs
from gateway.clock import Clock
from gateway.model.delivery import Settlement
from gateway.model.identity import NewId
from gateway.pipeline.parts import InForce
from gateway.sinks.fallback import Fallback
from gateway.store import deliveries, sinks, standins
from gateway.store.standins import StandIn, Waiting
from gateway.store.store import Connection, Store

_log = logs.get("fallback")


def settle(
    connection: Connection,
    settlements: Sequence[Settlement],
    pair: StandIn | None,
    now: datetime,
    *,
    new_id: NewId,
) -> list[bool]:
    """Whether each settlement counted; a fallback is owed what died, in the same transaction."""
    counted = deliveries.settle(connection, settlements, now=now)
    dead = [
        settlement.delivery_id
        for settlement, counts in zip(settlements, counted, strict=True)
        if counts and settlement.state == "dead"
    ]
    _owe(connection, pair, dead, now, new_id)
    return counted


def bury(
    connection: Connection,
    sink: str,
    pair: StandIn | None,
    *,
    before: datetime,
    now: datetime,
    new_id: NewId,
) -> int:
    """How many deliveries were given up that were first tried before then; likewise."""
    dead = deliveries.bury(connection, sink=sink, before=before, now=now)
    _owe(connection, pair, dead, now, new_id)
    return len(dead)


def pair_of(in_force: InForce, name: str) -> StandIn | None:
    """Which sink stands in for that one, by the configuration in force."""
    sink = in_force.parts.sinks.get(name)
    fallback = sink.settings.fallback if sink else None
    return StandIn(sink=name, fallback=fallback.sink) if fallback else None


async def stand_in(
    store: Store, in_force: InForce, *, clock: Clock, new_id: NewId
) -> frozenset[str]:
    """The sinks that are owed something in the place of others, which are tried on.

    They get what an open breaker holds up, and what was not delivered for as long as `after` says.
    """
    told: set[str] = set()
    for name, sink in in_force.parts.sinks.items():
        fallback = sink.settings.fallback
        if fallback is not None:
            pair = StandIn(sink=name, fallback=fallback.sink)
            if await _of_the_waiting(pair, fallback, store, clock, new_id):
                told.add(pair.fallback)
    return frozenset(told)


async def _of_the_waiting(
    pair: StandIn, fallback: Fallback, store: Store, clock: Clock, new_id: NewId
) -> int:
    """How many deliveries the fallback got."""
    now, told, after = clock.now(), 0, 0
    # Looked for beside the writer: what was stood in for long ago waits there too, perhaps by the
    # hundred thousand, and webhooks are to be stored meanwhile.
    while (found := await store.read(partial(_next, pair, fallback, now, after))).ids:
        after = found.rest
        made = await store.write(partial(_owe, pair=pair, ids=found.ids, now=now, new_id=new_id))
        told += made
        if made:
            _log.warning("fallback told", sink=pair.sink, fallback=pair.fallback, deliveries=made)
    return told


def _next(
    pair: StandIn, fallback: Fallback, now: datetime, after: int, connection: Connection
) -> Waiting:
    """Of what the fallback is to be told now, those that come behind the place `after`."""
    if fallback.after is not None:
        before = now - timedelta(seconds=fallback.after)
        return standins.of_the_waiting(connection, pair, before, after=after)
    if sinks.state(connection, pair.sink).breaker.is_open:
        return standins.of_the_waiting(connection, pair, after=after)
    return Waiting([], after)


def _owe(
    connection: Connection, pair: StandIn | None, ids: Sequence[str], now: datetime, new_id: NewId
) -> int:
    if pair is None or not ids:
        return 0
    return standins.stand_in(connection, pair, ids, now, new_id=lambda: new_id("dlv", now))
