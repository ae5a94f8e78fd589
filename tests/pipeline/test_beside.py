import asyncio
import threading

from gateway.pipeline.beside import LARGE, Beside


class Work:
    """Steps in threads, each of which waits until it is told to end."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self._loop = asyncio.get_running_loop()
        self._begins = {name: asyncio.Event() for name in ("one", "other", "stored")}
        self._may_end = {name: threading.Event() for name in self._begins}

    def step(self, name: str) -> str:
        self.begun.append(name)
        self._loop.call_soon_threadsafe(self._begins[name].set)
        assert self._may_end[name].wait(10)
        return name

    async def began(self, name: str) -> None:
        await self._begins[name].wait()

    def end(self, *names: str) -> None:
        for name in names:
            self._may_end[name].set()


async def test_a_small_body_is_read_at_once_also_while_a_large_one_is() -> None:
    beside, work = Beside(), Work()
    large = asyncio.create_task(beside.first(LARGE, lambda: work.step("one")))
    await work.began("one")

    assert await beside.first(LARGE - 1, lambda: "small") == "small"
    assert await beside.behind(LARGE - 1, lambda: "small") == "small"

    work.end("one")
    assert await large == "one"


async def test_large_bodies_are_read_one_after_the_other_those_that_came_before_stored_ones() -> (
    None
):
    beside, work = Beside(), Work()
    one = asyncio.create_task(beside.first(LARGE, lambda: work.step("one")))
    await work.began("one")
    stored = asyncio.create_task(beside.behind(LARGE, lambda: work.step("stored")))
    await asyncio.sleep(0)
    other = asyncio.create_task(beside.first(LARGE, lambda: work.step("other")))
    await asyncio.sleep(0)
    assert work.begun == ["one"]

    work.end("one", "other", "stored")

    await asyncio.gather(one, other, stored)
    assert work.begun == ["one", "other", "stored"]


async def test_a_stored_body_waits_no_longer_than_it_has_patience() -> None:
    beside, work = Beside(patience=0.01), Work()
    one = asyncio.create_task(beside.first(LARGE, lambda: work.step("one")))
    await work.began("one")
    stored = asyncio.create_task(beside.behind(LARGE, lambda: work.step("stored")))
    await asyncio.sleep(0.05)
    other = asyncio.create_task(beside.first(LARGE, lambda: work.step("other")))

    work.end("one", "other", "stored")

    await asyncio.gather(one, other, stored)
    assert work.begun == ["one", "stored", "other"]


async def test_work_that_fails_lets_the_stored_ones_go_on() -> None:
    beside, work = Beside(), Work()

    def fail() -> str:
        work.step("one")
        raise LookupError

    failing = asyncio.create_task(beside.first(LARGE, fail))
    await work.began("one")
    stored = asyncio.create_task(beside.behind(LARGE, lambda: "stored"))
    await asyncio.sleep(0)
    work.end("one")

    assert await stored == "stored"
    assert isinstance((await asyncio.gather(failing, return_exceptions=True))[0], LookupError)
