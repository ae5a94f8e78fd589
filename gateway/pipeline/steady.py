"""A loop that does what is due, waits for more, and outlives a store that is away."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from gateway.clock import Clock
from gateway.errors import Unavailable

_STORE_SECONDS = 1.0


async def steadily(
    some: Callable[[], Awaitable[int]],
    woken: asyncio.Event,
    *,
    seconds: Callable[[], Awaitable[float]],
    clock: Clock,
    log: Any,
) -> None:
    """Works until cancelled: `some` does a part of what is due and gives how much that was.

    Then it waits to be woken, so many seconds at most: wake-ups are hints, and one may be lost.
    """
    while True:
        woken.clear()
        try:
            while await some():
                pass
            await clock.wait(woken, await seconds())
        except Unavailable as error:
            log.warning("store unavailable", error=str(error))
            await clock.sleep(_STORE_SECONDS)
