"""What is done now and then: gauges and certificates."""

from collections.abc import Awaitable, Callable

from gateway import logs
from gateway.clock import Clock
from gateway.errors import GatewayError
from gateway.metrics import Metrics
from gateway.store import deliveries
from gateway.store.store import Store


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
