"""The queues of all sinks: a reload may add some, and none is ever cut off."""

import asyncio
from collections.abc import Callable, Iterable

from gateway.pipeline.deliver import Queue
from gateway.running.loops import Loops


class Queues:
    """One queue for each sink that is or was configured; that of a sink that is gone idles."""

    def __init__(self, make: Callable[[str], Queue], loops: Loops) -> None:
        self._make = make
        self._loops = loops
        self._queues: dict[str, Queue] = {}

    def start(self, sinks: Iterable[str]) -> None:
        """Starts the queues of these sinks that have none yet."""
        for name in sinks:
            if name not in self._queues:
                queue = self._queues[name] = self._make(name)
                self._loops.start(f"deliver {name}", queue.run)
        self.hint(self._queues)

    def hint(self, sinks: Iterable[str]) -> None:
        """Says that something may be due at these sinks."""
        for name in sinks:
            if name in self._queues:
                self._queues[name].hint()

    async def drain(self, seconds: float) -> int:
        """Waits that long for tries in flight; how many were left behind."""
        left = await asyncio.gather(*(each.drain(seconds) for each in self._queues.values()))
        return sum(left)
