"""Whether a sink is left alone because nothing gets through to it, and when it is tried again."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

Health = Literal["well", "ill", "refused"]
"""What a try says of its sink: it works, it does not now, or it will not for anybody."""

FAILURES = 10
"""Tries in a row that must fail: a restart of the other side is over sooner, in most cases."""
FIRST_WAIT = timedelta(seconds=15)
"""Until the first probe; each further wait doubles."""
LONGEST_WAIT = timedelta(minutes=2)
"""Between two probes, as between two tries at a sink that pages: so much later somebody is told at
most, once the sink works again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """One sink's; open while `open_since` is set."""

    failures: int = 0
    """In a row."""
    open_since: datetime | None = None
    probe_at: datetime | None = None
    """Not before then is one delivery tried while it is open."""
    probes: int = 0

    @property
    def is_open(self) -> bool:
        """Whether deliveries wait for a probe to get through."""
        return self.open_since is not None

    def lets(self, limit: int, now: datetime) -> int:
        """How many of so many deliveries may be tried."""
        if not self.is_open:
            return limit
        return min(limit, 1) if self.probe_at is None or self.probe_at <= now else 0

    def probed(self, now: datetime) -> "Breaker":
        """Once a probe went out: the next has its turn whatever becomes of this one."""
        wait = min(FIRST_WAIT * 2 ** min(self.probes + 1, 10), LONGEST_WAIT)
        return replace(self, probes=self.probes + 1, probe_at=now + wait)

    def half_opened(self, now: datetime) -> "Breaker":
        """Once somebody may have mended something: a probe may go out now."""
        return replace(self, probes=0, probe_at=now) if self.is_open else self

    def after(self, health: Health, now: datetime) -> "Breaker":
        """Once a try told so of the sink."""
        if health == "well":
            return Breaker()
        failures = self.failures + 1
        if self.is_open or (health == "ill" and failures < FAILURES):
            return replace(self, failures=failures)
        return Breaker(failures=failures, open_since=now, probe_at=now + FIRST_WAIT)
