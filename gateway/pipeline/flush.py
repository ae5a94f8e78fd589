"""Lets deliveries go when their timers, windows and silences allow it, and reminds."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from gateway import logs
from gateway.clock import Clock
from gateway.metrics import Metrics
from gateway.model.identity import NewId
from gateway.pipeline.alone import Alone
from gateway.pipeline.muting import judge_at
from gateway.pipeline.parts import InForce
from gateway.pipeline.release import Released, release, remind
from gateway.pipeline.steady import steadily
from gateway.store import alerts, deliveries
from gateway.store.store import Connection, Store

# Wake-ups are hints; this is how late a release can be when one was lost.
_POLL_SECONDS = 1.0
_TOGETHER = 200
"""Deliveries judged in one transaction."""


class Flush:
    """Judges what is due, the longest due first."""

    def __init__(
        self,
        store: Store,
        in_force: InForce,
        *,
        clock: Clock,
        metrics: Metrics,
        new_id: NewId,
        alone: Alone,
        wake: Callable[[frozenset[str]], None],
    ) -> None:
        self._store = store
        self._alone = alone
        self._in_force = in_force
        self._clock = clock
        self._metrics = metrics
        self._new_id = new_id
        self._wake = wake
        self._is_mine = True
        """False while another replica judges: then nothing is gained by looking often."""
        self._moments: Sequence[datetime] | None = None
        """What `some` has just seen to come, where nothing was due."""
        self._woken = asyncio.Event()
        self._log = logs.get("flush")

    def hint(self) -> None:
        """Says that something may be due."""
        self._woken.set()

    async def run(self) -> None:
        """Judges until cancelled."""
        await steadily(
            self.some, self._woken, seconds=self._seconds, clock=self._clock, log=self._log
        )

    async def some(self) -> int:
        """Judges and reminds as many as are due, up to a bound; how many there were."""
        now = self._clock.now()
        self._moments = await self._next()
        if not _is_due(self._moments, now):
            return 0
        self._moments = None
        parts = self._in_force.parts

        def both(connection: Connection) -> Released | None:
            if not self._alone.is_mine(connection, "flush", _POLL_SECONDS):
                return None
            judge = judge_at(connection, parts, now)
            released = release(connection, judge, new_id=self._new_id, limit=_TOGETHER)
            return released + remind(connection, judge, new_id=self._new_id, limit=_TOGETHER)

        released = await self._store.write(both)
        self._is_mine = released is not None
        if released is None:
            return 0
        self.tell(released)
        return released.judged

    def tell(self, released: Released) -> None:
        """Counts what was kept back and wakes the sinks that may go on."""
        self._metrics.count_suppressed(released.suppressed)
        if released.judged:
            self._log.info("released", judged=released.judged, sinks=sorted(released.sinks))
        self._wake(released.sinks)

    async def _next(self) -> Sequence[datetime]:
        return await self._store.read(_moments)

    async def _seconds(self) -> float:
        if not self._is_mine:
            return _POLL_SECONDS
        moments = await self._next() if self._moments is None else self._moments
        wait = [(moment - self._clock.now()).total_seconds() for moment in moments]
        return min(max(min(wait, default=_POLL_SECONDS), 0.01), _POLL_SECONDS)


def _moments(connection: Connection) -> Sequence[datetime]:
    moments = (deliveries.next_judgement(connection), alerts.next_reminder(connection))
    return [moment for moment in moments if moment is not None]


def _is_due(moments: Iterable[datetime], now: datetime) -> bool:
    return any(moment <= now for moment in moments)
