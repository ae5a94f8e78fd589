"""The events that this gateway has begun to dispatch, and nobody else dispatches meanwhile."""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress

from gateway.clock import Clock
from gateway.errors import Unavailable
from gateway.pipeline.beside import LARGE
from gateway.store import events
from gateway.store.dispatching import LEASE
from gateway.store.store import Store

_TOGETHER = 64
# Most of what a transaction costs it costs once; webhooks that come meanwhile wait for its end.
_AT_ONCE = 32
# A process that is ended over and over soon after its start is not ended by the same event each
# time: its last try waits until the gateway has outlived its start.
_STEADY_SECONDS = 5.0
_RENEW_SECONDS = LEASE.total_seconds() / 3


class Begun:
    """Events in the order of their turn; each method raises Unavailable, with nothing lost."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._started = clock.monotonic()
        self._events: deque[events.Waiting] = deque()
        self._renew_at = 0.0
        self.is_last = False
        """Whether nothing else waited when the last of these were begun."""

    def __len__(self) -> int:
        return len(self._events)

    async def fill(self) -> int:
        """How many there are, once more were begun where none was left."""
        if not self._events:
            now, since = self._clock.now(), self._clock.monotonic()
            last = since - self._started >= _STEADY_SECONDS
            begun = await self._store.write(
                lambda connection: events.begin(connection, _TOGETHER, now=now, last=last)
            )
            self._events.extend(begun)
            # What was tried before comes alone, whatever waits behind it.
            self.is_last = len(begun) < _TOGETHER and all(each.tries == 1 for each in begun)
            self._renew_at = since + _RENEW_SECONDS
        return len(self._events)

    async def first(self) -> Sequence[events.Waiting]:
        """Those whose turn it is, one at least; now and then all of them are kept for longer."""
        if self._clock.monotonic() >= self._renew_at:
            begun, now = list(self._events), self._clock.now()
            await self._store.write(lambda connection: events.renew(connection, begun, now))
            self._renew_at = self._clock.monotonic() + _RENEW_SECONDS
        return list(self._few())

    def _few(self) -> Iterator[events.Waiting]:
        size = 0
        for number, each in enumerate(self._events):
            size += each.size
            if number and (number == _AT_ONCE or size > LARGE):
                return
            yield each

    def done(self, number: int) -> None:
        """So many of the first need nothing more."""
        for _ in range(number):
            self._events.popleft()

    async def put_back(self) -> None:
        """The first one is to be tried again, by whoever begins it next."""
        begun, self.is_last = [self._events[0]], False
        await self._store.write(lambda connection: events.put_back(connection, begun))

    async def let_go(self) -> None:
        """Leaves all of them to whoever is next; where the store is away, to their leases' end."""
        begun = list(self._events)
        if begun:
            with suppress(Unavailable):
                await self._store.write(lambda connection: events.let_go(connection, begun))
