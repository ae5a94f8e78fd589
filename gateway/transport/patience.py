"""How long the other side may take to answer, and until when it may be asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def patience(seconds: float) -> AsyncIterator[None]:
    """Raises TimeoutError after that long, of which standing still ourselves is no part.

    A process that was stopped (`docker pause`, a machine out of memory) finds the answer and its
    own time-out together when it goes on. Were the time-out to win, what was taken would be sent
    again. So the other side gets as long again as we were late to look, at most `seconds`.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    async with asyncio.timeout(None) as limit:

        def is_over() -> None:
            now = loop.time()
            limit.reschedule(now + min(now - end, seconds))

        timer = loop.call_at(end, is_over)
        try:
            yield
        finally:
            timer.cancel()


class Until:
    """The time until which something may be sent, from now on so many seconds.

    After a standstill another replica may have taken it over, and sent it.
    """

    def __init__(self, seconds: float) -> None:
        """Needs a running loop."""
        self._loop = asyncio.get_running_loop()
        self._end = self._loop.time() + seconds

    def check(self) -> None:
        """Raises TimeoutError where it is over."""
        if self._loop.time() >= self._end:
            raise TimeoutError
