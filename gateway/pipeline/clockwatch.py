"""Notices that the wall clock jumped, and makes up for it."""

import asyncio
from datetime import timedelta

from gateway import logs
from gateway.clock import Clock
from gateway.store import jumps
from gateway.store.store import Store

# Leap seconds, and clocks that are slewed, stay far below; a delivery may be so much too late.
_LEAST = timedelta(minutes=1)


class ClockWatch:
    """Holds the wall clock against the one that never jumps."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lead: timedelta | None = None
        """How far the wall clock was ahead when last seen; None until it was."""
        self._settling = asyncio.Lock()
        self._log = logs.get("clock")

    async def settle(self) -> None:
        """Returns once nothing is left that a jump would make too old, or wait too long.

        Raises Unavailable where the store cannot write that down; the next call makes up for it.
        """
        async with self._settling:
            now = self._clock.now()
            lead = timedelta(seconds=now.timestamp() - self._clock.monotonic())
            by = timedelta() if self._lead is None else lead - self._lead
            if self._lead is not None and abs(by) < _LEAST:
                self._lead = lead
                return
            await self._store.write(lambda connection: jumps.follow(connection, by, now))
            self._lead = lead
        if by:
            self._log.warning("the clock jumped", seconds=round(by.total_seconds()))
