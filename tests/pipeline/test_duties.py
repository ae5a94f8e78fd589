import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from multidict import CIMultiDict

from gateway import samples
from gateway.errors import Unavailable
from gateway.metrics import Metrics
from gateway.pipeline.duties import bury, every, forget, refresh_gauges
from gateway.pipeline.parts import InForce
from gateway.store import events, listing, sinks
from gateway.store.store import Store
from tests.arrivals import arrival_of
from tests.pipeline.conftest import NOON, Pipeline, Start, StillClock, issue

MONTH = timedelta(days=30)
MAX_AGE = timedelta(hours=28)
BOTH = "route: {sinks: [chat, siem], group_by: [finding]}\n"


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


async def test_a_gauge_says_which_sinks_are_left_alone(
    store: Store, in_force: InForce, clock: StillClock
) -> None:
    metrics = Metrics()
    await store.write(lambda connection: sinks.heard(connection, "chat", ["refused"], NOON))
    await store.write(lambda connection: sinks.pause(connection, "oncall", paused=True))

    await refresh_gauges(store, metrics, in_force, clock=clock)

    assert b'gateway_breaker_open{sink="chat"} 1.0' in metrics.exposition()
    assert b'gateway_breaker_open{sink="oncall"} 0.0' in metrics.exposition()


async def test_what_waited_too_long_for_a_sink_that_is_left_alone_is_given_up_and_told_of(
    pipeline: Start,
) -> None:
    gateway = pipeline(BOTH)
    await gateway.hear(issue())
    await gateway.fail("chat", health="refused")
    await gateway.fail("siem", health="ill")

    gateway.clock.at += MAX_AGE
    await buried(gateway)
    in_time = await gateway.owed("sink", "status", "reason")
    gateway.clock.at += timedelta(seconds=1)
    await buried(gateway)

    assert {status for _, status, _ in in_time} == {"pending"}
    assert await gateway.owed("status", "reason") == [("dead", "max_age"), ("pending", "network")]
    (alarm,) = await gateway.heard_of(type="internal")
    assert alarm["transport_id"] == "dead_letter"


async def test_what_was_never_tried_is_not_given_up(pipeline: Start) -> None:
    gateway = pipeline(BOTH)
    await gateway.hear(issue())
    await gateway.store.write(lambda connection: sinks.heard(connection, "chat", ["refused"], NOON))

    gateway.clock.at += 2 * MAX_AGE
    await buried(gateway)

    assert await gateway.owed("status") == ["pending", "pending"]
    assert await gateway.heard_of(type="internal") == []


async def buried(gateway: Pipeline) -> None:
    await bury(
        gateway.store,
        gateway.in_force,
        gateway.alarm,
        clock=gateway.clock,
        new_id=gateway.new_id,
    )
