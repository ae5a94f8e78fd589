import asyncio
from functools import partial

from gateway.running.loops import Loops
from tests.pipeline.conftest import StillClock


async def test_a_loop_that_breaks_is_started_again_after_a_while() -> None:
    clock, done = StillClock(), asyncio.Event()
    errors: list[Exception] = [RuntimeError("a bug"), ValueError("another")]

    async def loop() -> None:
        if errors:
            raise errors.pop(0)
        done.set()
        await asyncio.Event().wait()

    loops = Loops(clock)
    loops.start("test", loop)
    await done.wait()
    await loops.stop()

    assert clock.slept == [1.0, 1.0]


async def test_what_is_stopped_has_ended_the_last_started_first() -> None:
    loops, ended = Loops(StillClock()), []

    async def loop(name: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(name)

    for name in ("first", "second"):
        loops.start(name, partial(loop, name))
    await asyncio.sleep(0)
    await loops.stop()

    assert ended == ["second", "first"]


async def test_stopping_what_never_ran_is_no_trouble() -> None:
    loops, ran = Loops(StillClock()), []

    async def loop() -> None:
        ran.append("ran")

    loops.start("test", loop)
    await loops.stop()

    assert ran == []
