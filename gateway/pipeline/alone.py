"""Has a duty done by one replica at a time; another goes on with it when that one is gone."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial

from gateway.clock import Clock
from gateway.errors import Unavailable
from gateway.store import duties
from gateway.store.store import Connection, Store

# Beyond the time from one turn to the next: a turn may begin late.
_SPARE = timedelta(seconds=10)

Duty = Callable[[], Awaitable[object]]


class Alone:
    """The duties of one replica."""

    def __init__(self, store: Store, holder: str, *, clock: Clock) -> None:
        """`holder` names this replica, and no other."""
        self._store = store
        self._holder = holder
        self._clock = clock

    def is_mine(self, connection: Connection, duty: str, seconds: float) -> bool:
        """Whether the duty is this replica's, which comes back to it within so many seconds."""
        lease = timedelta(seconds=seconds) + _SPARE
        return duties.take(connection, duty, self._holder, lease, self._clock.now())

    def every(self, seconds: float, name: str, duty: Duty) -> Duty:
        """The duty, which does nothing where another replica has it."""

        async def mine() -> None:
            take = partial(self.is_mine, duty=name, seconds=seconds)
            if await self._store.write(take):
                await duty()

        return mine

    async def leave(self) -> None:
        """Leaves all of them to the others."""
        with suppress(Unavailable):
            await self._store.write(lambda connection: duties.leave(connection, self._holder))
