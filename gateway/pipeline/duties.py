"""What is done now and then: gauges, certificates, forgetting."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from gateway import logs
from gateway.clock import Clock
from gateway.errors import GatewayError
from gateway.metrics import Metrics
from gateway.store import deliveries
from gateway.store.retention import PRUNES, Prune
from gateway.store.store import Connection, Store


async def every(
    seconds: float, duty: Callable[[], Awaitable[object]], name: str, *, clock: Clock
) -> None:
    """Does the duty again and again until cancelled; a failure is logged, never fatal."""
    log = logs.get("duties")
    while True:
        try:
            await duty()
        except GatewayError as error:
            log.warning("duty failed", duty=name, error=str(error))
        except Exception:
            log.exception("duty failed", duty=name)
        await clock.sleep(seconds)


async def refresh_gauges(
    store: Store, metrics: Metrics, sinks: frozenset[str], *, clock: Clock
) -> None:
    """Brings the gauges of the deliveries up to date; a sink without any counts zero."""
    now = clock.now()
    found = await store.read(lambda connection: deliveries.gauges(connection, now))
    by_sink = {gauge.sink: gauge for gauge in found if gauge.sink in sinks}
    for sink in sinks:
        gauge = by_sink.get(sink)
        metrics.pending.labels(sink).set(gauge.pending if gauge else 0)
        metrics.dead.labels(sink).set(gauge.dead if gauge else 0)
        metrics.oldest_due_seconds.labels(sink).set(gauge.oldest_due_seconds if gauge else 0)


async def forget(store: Store, retention: timedelta, *, clock: Clock) -> None:
    """Forgets what ended longer ago than that, in transactions that hold nobody up."""
    before = clock.now() - retention
    for prune in PRUNES:
        while await store.write(_until(before, prune)):
            pass


def _until(before: datetime, prune: Prune) -> Callable[[Connection], int]:
    return lambda connection: prune(connection, before)
