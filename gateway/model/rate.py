"""How often a sink may be told: a bucket that fills steadily, kept as one number and a time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

_LOST = 1e-6


@dataclass(frozen=True, slots=True)
class Rate:
    """So many in so many seconds, one after the other."""

    number: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Tokens that come in a second."""
        return self.number / self.seconds

    @property
    def most(self) -> float:
        """Tokens that a bucket holds: a second's worth, so that a minute's never go at once."""
        return max(1.0, self.per_second)

    def __str__(self) -> str:
        return f"{self.number}/{self.seconds:g}s"


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a sink is told: as a whole, or each of its lanes by itself."""

    rate: Rate | None = None
    by_lane: bool = False

    @property
    def of_sink(self) -> Rate | None:
        """The rate of the sink as a whole."""
        return None if self.by_lane else self.rate


AT_ONCE = Pace()
"""Whatever is due may be told."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """What may be sent at once at that time."""

    tokens: float
    at: datetime

    @property
    def whole(self) -> int:
        """How many may be sent; what adding fractions has lost on the way counts."""
        return int(self.tokens + _LOST)

    def filled(self, rate: Rate, now: datetime) -> "Bucket":
        """The bucket by now; a clock that was turned back adds nothing and takes nothing."""
        elapsed = max((now - self.at).total_seconds(), 0.0)
        return Bucket(min(rate.most, self.tokens + elapsed * rate.per_second), now)

    def without(self, taken: int) -> "Bucket":
        """The bucket once so many were sent."""
        return Bucket(self.tokens - taken, self.at)

    def next_at(self, rate: Rate) -> datetime:
        """When one may be sent."""
        missing = max(1.0 - self.tokens, 0.0)
        return self.at + timedelta(seconds=missing / rate.per_second)


def full(rate: Rate, now: datetime) -> Bucket:
    """The bucket of a sink that was not told of late."""
    return Bucket(rate.most, now)
