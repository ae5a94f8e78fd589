"""What is done now and then: gauges, certificates, forgetting."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial

from gateway import logs
from gateway.clock import Clock
from gateway.errors import GatewayError
from gateway.metrics import Metrics
from gateway.model.identity import NewId
from gateway.pipeline import standing_in
from gateway.pipeline.alarm import Alarm
from gateway.pipeline.parts import InForce
from gateway.store import deliveries, orphans
from gateway.store import sinks as sink_states
from gateway.store.retention import PRUNES, Prune
from gateway.store.store import Connection, Store

# As long as a delivery is tried, unless its sink says otherwise: nobody knows what this one said.
_OLDEST_ORPHAN = timedelta(hours=28)


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
    store: Store, metrics: Metrics, in_force: InForce, *, clock: Clock
) -> None:
    """Brings the gauges of the deliveries and their sinks up to date.

    A sink without any counts zero; one that is not configured any more has no gauge.
    """
    now, sinks = clock.now(), in_force.parts.sinks
    found = await store.read(lambda connection: deliveries.gauges(connection, now))
    states = await store.read(sink_states.states)
    by_sink = {gauge.sink: gauge for gauge in found}
    for each in (metrics.pending, metrics.dead, metrics.oldest_due_seconds, metrics.breaker_open):
        each.clear()
    for sink in sinks:
        gauge = by_sink.get(sink)
        metrics.breaker_open.labels(sink).set(sink in states and states[sink].breaker.is_open)
        metrics.pending.labels(sink).set(gauge.pending if gauge else 0)
        metrics.dead.labels(sink).set(gauge.dead if gauge else 0)
        metrics.oldest_due_seconds.labels(sink).set(gauge.oldest_due_seconds if gauge else 0)


async def mind_orphans(store: Store, in_force: InForce, alarm: Alarm, *, clock: Clock) -> None:
    """Lets deliveries to sinks that are gone wait, and die when they are old."""
    now, sinks = clock.now(), list(in_force.parts.sinks)

    def sort(connection: Connection) -> int:
        orphans.adopt(connection, sinks)
        return orphans.leave(connection, sinks, oldest=now - _OLDEST_ORPHAN, now=now)[1]

    died = await store.write(sort)
    if died:
        await alarm("dead_letter", f"{died} deliveries were given up: their sink is gone")


async def bury(
    store: Store, in_force: InForce, alarm: Alarm, *, clock: Clock, new_id: NewId
) -> None:
    """Gives up what waited until its `max_age` for a sink whose breaker is open.

    What was tried is meant: nothing dies untried. Elsewhere a try decides.
    """
    now, states = clock.now(), await store.read(sink_states.states)
    for name, sink in in_force.parts.sinks.items():
        if name in states and states[name].breaker.is_open:
            before = now - timedelta(seconds=sink.settings.retry.max_age)
            died = await store.write(
                partial(
                    standing_in.bury,
                    sink=name,
                    pair=standing_in.pair_of(in_force, name),
                    before=before,
                    now=now,
                    new_id=new_id,
                )
            )
            if died:
                text = f"{died} deliveries to {name} were given up: max_age"
                await alarm("dead_letter", text, sink=name)


async def forget(store: Store, in_force: InForce, *, clock: Clock) -> None:
    """Forgets what ended longer ago than `store.retention`, in transactions that hold nobody up."""
    before = clock.now() - timedelta(seconds=in_force.parts.store.retention)
    for prune in PRUNES:
        while await store.write(_until(before, prune)):
            pass


def _until(before: datetime, prune: Prune) -> Callable[[Connection], int]:
    return lambda connection: prune(connection, before)
