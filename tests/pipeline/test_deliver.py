"""The queue of a sink that fails, on a clock of its own."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from gateway.errors import TransportError
from gateway.metrics import Metrics
from gateway.model.exchange import Request, Response
from gateway.model.identity import NewId
from gateway.pipeline.attempt import Attempting
from gateway.pipeline.clockwatch import ClockWatch
from gateway.pipeline.deliver import Queue
from gateway.pipeline.reading import Reader
from gateway.store import deliveries
from tests.pipeline.conftest import NOON, Pipeline, Start, StillClock, issue

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class Passing(StillClock):
    """Time that passes as fast as somebody waits; the clock on the wall may jump."""

    def __init__(self) -> None:
        super().__init__()
        self.rest: Callable[[], Any] = asyncio.Event().wait
        self._jumped = timedelta()

    def monotonic(self) -> float:
        return (self.at - self._jumped).timestamp()

    def jump(self, by: timedelta) -> None:
        """The clock on the wall is set."""
        self.at += by
        self._jumped += by

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        """Some minutes: a day of looking every few seconds would be a long test."""
        await self.rest()
        if not event.is_set():
            self.at += max(timedelta(seconds=seconds), 10 * MINUTE)


class Broken:
    """A sink that no request reaches, and when that was tried."""

    def __init__(self, clock: Passing) -> None:
        self.clock = clock
        self.tried: list[datetime] = []
        self.on_try: Callable[[], None] = lambda: None

    async def send(self, _request: Request) -> Response:
        self.tried.append(self.clock.at)
        self.on_try()
        raise TransportError("network", "connection refused")


class Trial:
    """One delivery to a broken sink."""

    def __init__(self, gateway: Pipeline, clock: Passing, metrics: Metrics, new_id: NewId) -> None:
        self.gateway, self.clock = gateway, clock
        self.sink = Broken(clock)
        shared: dict[str, Any] = {"clock": clock, "metrics": metrics}
        reader = Reader(gateway.store, gateway.in_force)
        attempting = Attempting(gateway.in_force, reader, self.sink, **shared)
        self.queue = Queue(
            gateway.store,
            "chat",
            gateway.in_force,
            attempting,
            new_id=new_id,
            alarm=gateway.alarm,
            clockwatch=ClockWatch(gateway.store, clock=clock),
            **shared,
        )
        clock.rest = lambda: self.queue.drain(10)

    async def until(self, done: Callable[[], bool]) -> None:
        """Lets time pass until then."""
        running = asyncio.create_task(self.queue.run())
        async with asyncio.timeout(60):
            while not done():
                await asyncio.sleep(0)
        running.cancel()
        await asyncio.wait([running])
        await self.queue.drain(10)

    async def status(self) -> str:
        return str((await self.gateway.owed("status"))[0])


@pytest.fixture
def clock() -> Passing:
    return Passing()


@pytest.fixture
async def trial(pipeline: Start, clock: Passing, metrics: Metrics, new_id: NewId) -> Trial:
    gateway = pipeline("route: {sinks: [chat], group_by: [finding]}")
    await gateway.hear(issue())
    return Trial(gateway, clock, metrics, new_id)


async def test_a_delivery_is_tried_about_every_hour_and_dies_after_28(trial: Trial) -> None:
    await trial.until(lambda: trial.clock.at > NOON + 2 * DAY)

    hours = [(at - NOON) / HOUR for at in trial.sink.tried]
    assert await trial.status() == "dead"
    assert max(later - earlier for earlier, later in pairwise(hours)) < 1.3
    assert hours[-1] == pytest.approx(28, abs=1.3)


async def test_nothing_dies_of_a_clock_that_jumps_forward(trial: Trial, clock: Passing) -> None:
    await trial.until(lambda: clock.at > NOON + HOUR)
    clock.jump(5 * DAY)
    jumped = clock.at

    await trial.until(lambda: clock.at > jumped + 24 * HOUR)
    lived = await trial.status()
    await trial.until(lambda: clock.at > jumped + 29 * HOUR)

    assert (lived, await trial.status()) == ("pending", "dead")
    assert len([at for at in trial.sink.tried if at >= jumped]) > 20


async def test_nothing_dies_of_a_clock_that_jumps_forward_during_a_try(
    trial: Trial, clock: Passing
) -> None:
    trial.sink.on_try = lambda: clock.jump(5 * DAY) if len(trial.sink.tried) == 3 else None

    await trial.until(lambda: len(trial.sink.tried) == 6)

    assert await trial.status() == "pending"


async def test_a_clock_that_jumps_back_makes_no_wait_longer(trial: Trial, clock: Passing) -> None:
    await trial.until(lambda: clock.at > NOON + 10 * HOUR)
    clock.jump(-9 * HOUR)
    jumped, before = clock.at, len(trial.sink.tried)

    await trial.until(lambda: len(trial.sink.tried) > before)

    assert trial.sink.tried[-1] - jumped < 1.3 * HOUR
    assert await trial.status() == "pending"


async def test_a_clock_that_went_back_before_the_start_makes_no_wait_too_long(
    trial: Trial, clock: Passing, metrics: Metrics, new_id: NewId
) -> None:
    await trial.until(lambda: clock.at > NOON + 10 * HOUR)
    clock.at -= 9 * HOUR
    started = clock.at
    await trial.gateway.store.write(deliveries.recover)
    anew = Trial(trial.gateway, clock, metrics, new_id)

    await anew.until(lambda: bool(anew.sink.tried))

    assert anew.sink.tried[0] - started < 1.3 * HOUR
