from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from multidict import CIMultiDict

from gateway import samples
from gateway.pipeline.accept import read
from gateway.pipeline.beside import Beside
from gateway.pipeline.parts import InForce, Parts
from gateway.pipeline.reading import Kept, Read, Reader
from gateway.store import events
from gateway.store.dispatching import Waiting
from gateway.store.store import Store
from tests.pipeline.conftest import NOON

BODY = samples.encode(samples.bodies("new-critical", number=0, at=NOON)[0])


class Asked:
    """A store that counts how often it is read."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.times = 0

    async def read(self, operation: Callable[[Any], Any]) -> Any:
        self.times += 1
        return await self._store.read(operation)


@pytest.fixture
def asked(store: Store) -> Asked:
    return Asked(store)


async def stored(store: Store, parts: Parts) -> tuple[Waiting, Read]:
    """An event that waits for its dispatch, and as it was read when it came."""
    event, arrival = read(parts.sources["snyk"], BODY, CIMultiDict(), NOON, "evt_1")
    await store.write(lambda connection: events.add(connection, [arrival]))
    (waiting,) = await store.write(lambda connection: events.begin(connection, 9, now=NOON))
    return waiting, Read(event, BODY)


def reader(asked: Asked, parts: Parts) -> Reader:
    return Reader(asked, InForce(parts), Beside())  # type: ignore[arg-type]  # reads alone


async def test_what_was_just_read_is_not_read_again(
    store: Store, parts: Parts, asked: Asked
) -> None:
    waiting, kept = await stored(store, parts)
    reads = reader(asked, parts)
    reads.keep(parts.sources["snyk"], kept)

    first = await reads.several([waiting])

    assert (first, asked.times) == ([kept], 0)


async def test_an_event_is_kept_for_one_reading(store: Store, parts: Parts, asked: Asked) -> None:
    waiting, kept = await stored(store, parts)
    reads = reader(asked, parts)
    reads.keep(parts.sources["snyk"], kept)

    first, again = await reads.several([waiting]), await reads.several([waiting])

    assert (again, asked.times) == (first, 1)


async def test_an_event_that_is_told_as_it_came_is_kept_for_every_sink(
    store: Store, parts: Parts, asked: Asked
) -> None:
    _, kept = await stored(store, parts)
    reads = reader(asked, parts)
    reads.keep_to_tell(kept)

    first, again = await reads.to_tell(kept.event), await reads.to_tell(kept.event)

    assert (first, again, asked.times) == (kept, kept, 0)


async def test_an_event_that_was_not_kept_is_read_to_be_told(
    store: Store, parts: Parts, asked: Asked
) -> None:
    _, kept = await stored(store, parts)

    assert await reader(asked, parts).to_tell(kept.event) == kept


async def test_nothing_is_told_of_an_event_that_is_gone(
    store: Store, parts: Parts, asked: Asked
) -> None:
    _, kept = await stored(store, parts)
    gone = replace(kept.event, id="evt_2")

    assert await reader(asked, parts).to_tell(gone) is None


async def test_what_no_source_reads_is_not_kept(store: Store, parts: Parts, asked: Asked) -> None:
    _, kept = await stored(store, parts)
    reads = reader(asked, parts)
    internal = replace(kept.event, source="gateway")

    reads.keep_to_tell(replace(kept, event=internal))
    await reads.to_tell(internal)

    assert asked.times > 0


async def test_what_another_source_read_is_read_anew(
    store: Store, parts: Parts, asked: Asked, build: Callable[..., Parts]
) -> None:
    waiting, kept = await stored(store, parts)
    reads = reader(asked, parts)
    before_a_reload = build("route: {sinks: [chat]}\n").sources["snyk"]
    reads.keep(before_a_reload, kept)

    await reads.several([waiting])

    assert asked.times == 1


async def test_the_first_are_forgotten_where_there_is_no_room(parts: Parts) -> None:
    source, kept = parts.sources["snyk"], Kept()
    event, _ = read(source, BODY, CIMultiDict(), NOON, "evt")
    large = b"x" * 1024 * 1024

    for number in range(4):
        kept.keep(source, Read(replace(event, id=f"evt_{number}"), large))

    found = [kept.take(f"evt_{number}", source) is not None for number in range(4)]
    assert found == [False, False, True, True]


async def test_an_event_that_is_kept_twice_takes_its_room_once(parts: Parts) -> None:
    source, kept = parts.sources["snyk"], Kept()
    event, _ = read(source, BODY, CIMultiDict(), NOON, "evt")
    large = b"x" * 900_000

    kept.keep(source, Read(replace(event, id="evt_1"), large))
    for _ in range(5):
        kept.keep(source, Read(replace(event, id="evt_2"), large))

    assert kept.find("evt_1", source)


async def test_what_is_too_large_is_not_kept(parts: Parts) -> None:
    source, kept = parts.sources["snyk"], Kept()
    event, _ = read(source, BODY, CIMultiDict(), NOON, "evt")

    kept.keep(source, Read(event, b"x" * 3 * 1024 * 1024))

    assert kept.take("evt", source) is None
