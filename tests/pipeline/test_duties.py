import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from multidict import CIMultiDict

from gateway import samples
from gateway.errors import Unavailable
from gateway.metrics import Metrics
from gateway.pipeline.accept import arrival_of
from gateway.pipeline.duties import every, forget, refresh_gauges
from gateway.pipeline.parts import InForce
from gateway.store import events, listing
from gateway.store.store import Store
from tests.pipeline.conftest import NOON, StillClock

MONTH = timedelta(days=30)


class Stop(BaseException):
    """Ends a loop that never ends."""


@pytest.mark.parametrize("error", [Unavailable(), RuntimeError("a bug")])
async def test_duty_that_fails_is_done_again(clock: StillClock, error: Exception) -> None:
    answers: list[BaseException | None] = [error, None, Stop()]

    async def duty() -> None:
        answer = answers.pop(0)
        if answer is not None:
            raise answer

    with pytest.raises(Stop):
        await every(7.0, duty, "test", clock=clock)

    assert clock.slept == [7.0, 7.0]


async def test_duty_ends_when_it_is_cancelled(clock: StillClock) -> None:
    async def duty() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await every(7.0, duty, "test", clock=clock)


async def test_event_is_forgotten_once_its_time_is_over(
    store: Store, in_force: InForce, clock: StillClock
) -> None:
    body = samples.encode(samples.bodies("clean", at=NOON)[0])
    arrival = arrival_of(in_force.parts.sources["snyk"], body, CIMultiDict(), NOON, "evt_1")
    await store.write(lambda connection: events.add(connection, [arrival]))
    await store.write(lambda connection: events.fail(connection, "evt_1", error=""))

    await forget(store, in_force, clock=clock)
    kept = await store.read(lambda connection: listing.event(connection, "evt_1"))
    clock.at += MONTH + timedelta(seconds=1)
    await forget(store, in_force, clock=clock)

    assert kept is not None
    assert await store.read(lambda connection: listing.event(connection, "evt_1")) is None


async def test_a_sink_that_is_gone_has_no_gauge(
    store: Store, in_force: InForce, clock: StillClock
) -> None:
    metrics = Metrics()
    await refresh_gauges(store, metrics, in_force, clock=clock)
    sinks = {name: sink for name, sink in in_force.parts.sinks.items() if name != "chat"}
    in_force.parts = replace(in_force.parts, sinks=sinks)

    await refresh_gauges(store, metrics, in_force, clock=clock)

    assert b'{sink="chat"}' not in metrics.exposition()
    assert b'gateway_pending{sink="oncall"} 0.0' in metrics.exposition()


async def test_gauges_of_sinks_without_deliveries_are_zero(
    store: Store, in_force: InForce, clock: StillClock
) -> None:
    metrics = Metrics()

    await refresh_gauges(store, metrics, in_force, clock=clock)

    assert b'gateway_pending{sink="chat"} 0.0' in metrics.exposition()
