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


async def test_what_is_too_large_is_not_kept(parts: Parts) -> None:
    source, kept = parts.sources["snyk"], Kept()
    event, _ = read(source, BODY, CIMultiDict(), NOON, "evt")

    kept.keep(source, Read(event, b"x" * 3 * 1024 * 1024))

    assert kept.take("evt", source) is None
