"""Large bodies are read beside the event loop, one after the other, those that just came first."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")

# Reading a body takes tens of milliseconds a megabyte; a larger one would hold up the event loop.
LARGE = 256 * 1024
# What is stored waits no longer for those that come: alerts must not stand still in a storm, and a
# claim's lease (90 s at least) has to outlast it.
_PATIENCE = 20.0


class Beside:
    """One thread, and whose turn it is; one for all that read in a process.

    What was read takes several times its size. Were many read at once, or stored ones while others
    that wait for their answer fill `max_inflight`, memory would have no bound.
    """

    def __init__(self, patience: float = _PATIENCE) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="large-bodies")
        self._patience = patience
        self._answering = 0
        self._behind: set[asyncio.Future[None]] = set()

    async def first(self, size: int, work: Callable[[], T]) -> T:
        """What the work on a body gives whose sender waits for an answer."""
        if size < LARGE:
            return work()
        self._answering += 1
        try:
            return await self._done(work)
        finally:
            self._answering -= 1
            if not self._answering:
                self._let_go()

    async def behind(self, size: int, work: Callable[[], T]) -> T:
        """What the work on a stored body gives, once nobody waits for an answer."""
        if size < LARGE:
            return work()
        if self._answering:
            await self._turn()
        return await self._done(work)

    async def _turn(self) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._behind.add(turn)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._patience):
                    await turn
        finally:
            self._behind.discard(turn)

    def _let_go(self) -> None:
        for turn in self._behind:
            if not turn.done():
                turn.set_result(None)

    async def _done(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
