import asyncio
from collections.abc import Sequence

import pytest

from gateway.errors import Unavailable
from gateway.pipeline.batch import Batch


class Store:
    """Writes lists and remembers them; each write waits until it is let go."""

    def __init__(self) -> None:
        self.written: list[list[int]] = []
        self.go = asyncio.Event()
        self.poison: set[int] = set()
        self.away = False

    async def write(self, items: Sequence[int]) -> Sequence[int]:
        self.written.append(list(items))
        await self.go.wait()
        if self.away:
            raise Unavailable
        if self.poison & set(items):
            raise ValueError("poison")
        return [item * 10 for item in items]


async def test_items_that_come_during_a_write_share_the_next_one() -> None:
    store = Store()
    batch: Batch[int, int] = Batch(store.write)
    calls = [asyncio.create_task(batch(number)) for number in range(5)]
    await asyncio.sleep(0)

    late = [asyncio.create_task(batch(number)) for number in (5, 6)]
    await asyncio.sleep(0)
    store.go.set()

    assert await asyncio.gather(*calls, *late) == [0, 10, 20, 30, 40, 50, 60]
    assert store.written == [[0, 1, 2, 3, 4], [5, 6]]


async def test_lost_store_fails_every_caller() -> None:
    store = Store()
    store.away = True
    store.go.set()
    batch: Batch[int, int] = Batch(store.write)

    answers = await asyncio.gather(batch(1), batch(2), return_exceptions=True)

    assert [type(answer) for answer in answers] == [Unavailable, Unavailable]


async def test_poisonous_item_fails_alone() -> None:
    store = Store()
    store.poison = {2}
    store.go.set()
    batch: Batch[int, int] = Batch(store.write)

    answers = await asyncio.gather(batch(1), batch(2), batch(3), return_exceptions=True)

    assert answers[0] == 10
    assert isinstance(answers[1], ValueError)
    assert answers[2] == 30


async def test_caller_that_goes_away_does_not_stop_the_write() -> None:
    store = Store()
    batch: Batch[int, int] = Batch(store.write)
    gone, stays = asyncio.create_task(batch(1)), asyncio.create_task(batch(2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    gone.cancel()
    store.go.set()

    assert await stays == 20
    with pytest.raises(asyncio.CancelledError):
        await gone
