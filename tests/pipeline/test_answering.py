from collections.abc import Callable
from contextlib import ExitStack

import pytest

from gateway.pipeline.answering import Answering
from tests.pipeline.conftest import StillClock

WORK = 0.2


class Passing(StillClock):
    """A clock on which each sleep takes its time; what happens meanwhile is told it."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0
        self.meanwhile: Callable[[], None] = lambda: None

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        self.meanwhile()


@pytest.fixture
def clock() -> Passing:
    return Passing()


@pytest.fixture
def answering(clock: Passing) -> Answering:
    return Answering(clock)


def come(answering: Answering, number: int) -> None:
    """So many webhooks come and are answered."""
    for _ in range(number):
        with answering.one():
            pass


async def gave_way(answering: Answering, clock: Passing, *, came: int, done: int) -> float:
    """For how long, after a piece of work in whose course so many came."""
    lap = answering.lap()
    come(answering, came)
    clock.seconds += WORK
    began = clock.seconds
    await answering.give_way(lap, done)
    return clock.seconds - began


async def test_webhooks_that_are_kept_up_with_stop_nobody(
    answering: Answering, clock: Passing
) -> None:
    assert await gave_way(answering, clock, came=32, done=32) == 0


async def test_in_a_burst_work_goes_on_once_nobody_waits(
    answering: Answering, clock: Passing
) -> None:
    moments = iter([3, 2, 1])
    clock.meanwhile = lambda: come(answering, next(moments, 0))

    assert await gave_way(answering, clock, came=33, done=32) == pytest.approx(0.004)


async def test_one_that_waits_for_its_answer_is_waited_for(
    answering: Answering, clock: Passing
) -> None:
    waits = ExitStack()

    def answered() -> None:
        if clock.seconds > WORK + 0.0095:
            waits.close()

    waits.enter_context(answering.one())
    clock.meanwhile = answered

    assert await gave_way(answering, clock, came=1, done=0) == pytest.approx(0.010)


async def test_a_storm_without_end_leaves_a_quarter_of_the_time(
    answering: Answering, clock: Passing
) -> None:
    clock.meanwhile = lambda: come(answering, 1)

    assert await gave_way(answering, clock, came=33, done=32) == pytest.approx(3 * WORK, abs=0.002)


async def test_one_that_is_refused_waits_no_longer(answering: Answering, clock: Passing) -> None:
    with pytest.raises(ValueError, match="refused"), answering.one():
        raise ValueError("refused")

    assert await gave_way(answering, clock, came=1, done=0) == pytest.approx(0.001)
