"""A load of which only so many events may be under way: the queue cannot grow.

Each delivery lets the next webhook go. What arrives at the end is then what can be sustained.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.child import Child
from bench.load import Connection, connect
from bench.receiver import Receiver

_FIRST = 16
_LOOK = 0.05


@dataclass(frozen=True, slots=True)
class Flow:
    """What came through while it was steady."""

    rate: float
    """Deliveries per second."""
    cpu: float
    """Milliseconds of processor time for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """How much goes in, and how long is looked at what comes out."""

    size: int = 256
    """Events that were sent and not yet delivered."""
    connections: int = 64
    warm: float
    """Seconds after the first deliveries, before those that count."""
    seconds: float
    first_within: float = 60.0
    """Seconds that the first deliveries may take."""

    async def flow(
        self, child: Child, port: int, receiver: Receiver, requests: Iterator[bytes]
    ) -> Flow:
        """What that process makes of it."""
        lines = await connect(port, self.connections)
        free = asyncio.Semaphore(self.size)
        receiver.heard = free.release
        senders = [asyncio.create_task(_send(line, requests, free)) for line in lines]
        try:
            await self._warmed(senders, receiver)
            before = (len(receiver.times), child.cpu_seconds, time.perf_counter())
            await _unless(senders, self.seconds)
            after = (len(receiver.times), child.cpu_seconds, time.perf_counter())
        finally:
            receiver.heard = None
            for each in senders:
                each.cancel()
            for line in lines:
                line.close()
        came, used, took = (late - early for late, early in zip(after, before, strict=True))
        if not came:
            raise RuntimeError(f"nothing was delivered within {took:.1f} s")
        return Flow(came / took, used / came * 1000)

    async def _warmed(self, senders: Sequence[asyncio.Task[None]], receiver: Receiver) -> None:
        """Returns some time after the first deliveries: then both ends are at work."""
        async with asyncio.timeout(self.first_within):
            while len(receiver.times) < _FIRST:
                await _unless(senders, _LOOK)
        await _unless(senders, self.warm)


async def _unless(senders: Sequence[asyncio.Task[None]], seconds: float) -> None:
    """Waits; raises what a sender raised meanwhile."""
    ended, _ = await asyncio.wait(senders, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
    for each in ended:
        each.result()


async def _send(line: Connection, requests: Iterator[bytes], free: asyncio.Semaphore) -> None:
    while True:
        await free.acquire()
        status = await line.ask(next(requests))
        if status != 200:  # noqa: PLR2004 - of HTTP
            raise RuntimeError(f"a webhook was answered {status}")
