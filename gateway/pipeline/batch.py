"""Many small writes as few large ones, without waiting for company."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from gateway.errors import Unavailable

Item = TypeVar("Item")
Answer = TypeVar("Answer")

# As many as one group commit takes; more would make the last of them wait for a long transaction.
_MOST = 256


class Batch(Generic[Item, Answer]):
    """Writes together what arrived while the last write was under way."""

    def __init__(self, write: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]]) -> None:
        self._write = write
        self._waiting: list[tuple[Item, asyncio.Future[Answer]]] = []
        self._running: asyncio.Task[None] | None = None

    async def __call__(self, item: Item) -> Answer:
        """The answer to this item, once the write that held it is committed."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._running is None:
            self._running = asyncio.create_task(self._drain())
        return await future

    async def _drain(self) -> None:
        try:
            while self._waiting:
                together, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
                await self._settle(together)
        finally:
            self._running = None

    async def _settle(self, together: list[tuple[Item, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._write([item for item, _ in together])
        except Exception as error:  # noqa: BLE001 - every caller gets it
            if len(together) > 1 and not isinstance(error, Unavailable):
                for pair in together:  # one of them is poison: the others must not suffer
                    await self._settle([pair])
                return
            for _, future in together:
                _fail(future, error)
            return
        for (_, future), answer in zip(together, answers, strict=True):
            if not future.done():
                future.set_result(answer)


def _fail(future: asyncio.Future[Answer], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
        future.exception()  # a caller that went away must not make a warning of it
