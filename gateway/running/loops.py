"""Loops that run for as long as the gateway lives."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from gateway import logs
from gateway.clock import Clock

_RESTART_SECONDS = 1.0

Loop = Callable[[], Awaitable[Any]]


class Loops:
    """Runs loops by name; one that breaks is started again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._log = logs.get("gateway")

    def start(self, name: str, loop: Loop) -> None:
        """Runs the loop until all are stopped."""
        self._tasks[name] = asyncio.create_task(self._forever(name, loop), name=name)

    async def stop(self) -> None:
        """Cancels every loop, the last one started first, and waits for each."""
        for name in reversed(self._tasks):
            self._tasks[name].cancel()
        for task in self._tasks.values():
            with suppress(asyncio.CancelledError):
                await task

    async def _forever(self, name: str, loop: Loop) -> None:
        while True:
            try:
                await loop()
            except Exception:  # noqa: BLE001 - one bug must not end the loop
                self._log.exception("loop broke; it is started again", loop=name)
                await self._clock.sleep(_RESTART_SECONDS)
