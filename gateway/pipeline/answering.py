"""Webhooks that wait for their answer, and who gives way to them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from gateway.clock import Clock

# Of the time of a burst other work has a quarter at least: alerts must not stand still in a storm.
_SHARE = 3
# Seconds: a loop that has more to do than there is time for comes back later than that.
_LOOK = 0.001


@dataclass(frozen=True, slots=True)
class Lap:
    """A piece of work that has begun."""

    at: float
    came: int
    """How many webhooks had come by then."""


class Answering:
    """Counts webhooks from when they are verified to their answer."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._came = 0
        self._waiting = 0

    @contextmanager
    def one(self) -> Iterator[None]:
        """One more webhook waits, until the end of the `with`."""
        self._came += 1
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1

    def lap(self) -> Lap:
        """A piece of work that begins now."""
        return Lap(self._clock.monotonic(), self._came)

    async def give_way(self, lap: Lap, done: int) -> None:
        """Returns when nobody waits, or three times as long as the piece of work took are over.

        Returns at once where no more webhooks came in its course than were `done` in it.
        """
        if self._came - lap.came <= done:
            return
        now = self._clock.monotonic()
        ends = now + _SHARE * (now - lap.at)
        while self._clock.monotonic() < ends:
            came = self._came
            await self._clock.sleep(_LOOK)
            if not self._waiting and self._came == came:
                return
