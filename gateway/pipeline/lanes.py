"""Asks whether a lane of a sink, such as a channel, may be told now."""

from gateway.clock import Clock
from gateway.model.rate import Rate
from gateway.store import lanes
from gateway.store.store import Store


async def enter(store: Store, clock: Clock, sink: str, lane: str, rate: Rate | None) -> bool:
    """Whether it may; if so it waits from here on for its next turn. Raises Unavailable."""
    return await store.write(
        lambda connection: lanes.enter(connection, sink, lane, rate, clock.now())
    )
