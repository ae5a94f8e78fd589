"""What goes wrong around the gateway: strangers at the door, a disk that fills up."""

import shutil
from collections.abc import Callable
from pathlib import Path

from gateway import logs
from gateway.clock import Clock
from gateway.metrics import Metrics
from gateway.pipeline.alarm import Alarm
from gateway.pipeline.parts import InForce
from gateway.store import clock as store_clock
from gateway.store.store import Store

_MANY_FAILURES = 10
"""Refused signatures of one source between two looks; a retry or two after a rotation are fewer."""
_LEAST_SHARE = 0.05
_LEAST_FREE = 256 * 1024**2
"""Bytes: room for the write-ahead log and some thousand webhooks until somebody comes."""
_ENOUGH_FREE = 2 * 1024**3
"""Bytes: whatever their share of a large disk is."""

_MOST_SECONDS_APART = 2.0
"""Beyond which retries and rates begin to be visibly early or late."""

Usage = Callable[[Path], tuple[int, int, int]]
"""Bytes of a folder's disk: in all, used and free."""


class Signatures:
    """Counts refused signatures between two looks."""

    def __init__(self, in_force: InForce, metrics: Metrics, alarm: Alarm) -> None:
        self._in_force = in_force
        self._metrics = metrics
        self._alarm = alarm
        self._seen: dict[str, float] = {}

    async def look(self) -> None:
        """Raises an alarm for the sources at which too many were refused since the last look."""
        said = []
        for name in self._in_force.parts.sources:
            number = self._metrics.refused_signatures(name)
            new = number - self._seen.get(name, 0.0)
            self._seen[name] = number
            if new >= _MANY_FAILURES:
                said.append(f"{new:.0f} webhooks to {name} had a missing or wrong signature")
        if said:
            await self._alarm("signature_failures", "; ".join(said))


async def mind_disk(folder: Path, alarm: Alarm, *, usage: Usage = shutil.disk_usage) -> None:
    """Raises an alarm where the disk under the store's folder is nearly full."""
    size, _, left = usage(folder)
    if left < max(_LEAST_FREE, min(_LEAST_SHARE * size, _ENOUGH_FREE)):
        await alarm("disk_nearly_full", f"{left // 1024**2} MiB are left on the disk of {folder}")


async def mind_time(store: Store, *, clock: Clock) -> None:
    """Warns where this machine's clock and the database's, by which replicas agree, differ."""
    began = clock.now()
    of_database = await store.read(lambda connection: store_clock.now(connection, began))
    apart = (of_database - clock.now()).total_seconds()
    if abs(apart) > _MOST_SECONDS_APART:
        logs.get("clock").warning(
            "this machine's clock differs from the database's", seconds=round(apart, 1)
        )
