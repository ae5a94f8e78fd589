"""What one replica does for all, on a database that several share."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from gateway.pipeline.alone import Alone
from gateway.store.store import Store
from tests.pipeline.conftest import ONE_PROCESS, StillClock


@pytest.fixture
def shared(shared_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setattr("gateway.store.clock.now", lambda _connection, own: own)
    store = Store.open(shared_url)
    yield store
    store.close()


class Work:
    """A duty that counts."""

    def __init__(self) -> None:
        self.done = 0

    async def __call__(self) -> None:
        self.done += 1


async def test_one_of_two_does_it_until_it_is_gone(shared: Store) -> None:
    clock, one, two = StillClock(), Work(), Work()
    first = Alone(shared, "one", clock=clock).every(60, "retention", one)
    second = Alone(shared, "two", clock=clock).every(60, "retention", two)

    for _ in range(3):
        await first()
        await second()
        clock.at += timedelta(seconds=60)
    before = (one.done, two.done)
    clock.at += timedelta(seconds=10)  # the first is dead
    await second()

    assert (before, two.done) == ((3, 0), 1)


async def test_who_leaves_makes_room_at_once(shared: Store) -> None:
    clock, one, two = StillClock(), Work(), Work()
    leaving = Alone(shared, "one", clock=clock)
    await leaving.every(60, "retention", one)()

    await leaving.leave()
    await Alone(shared, "two", clock=clock).every(60, "retention", two)()

    assert (one.done, two.done) == (1, 1)


@ONE_PROCESS
async def test_one_process_does_everything(store: Store) -> None:
    clock, work = StillClock(), Work()

    for holder in ("one", "two"):
        await Alone(store, holder, clock=clock).every(60, "retention", work)()

    assert work.done == 2
