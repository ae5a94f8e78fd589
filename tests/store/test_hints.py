import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import psycopg

from gateway.store.hints import Hints
from tests.postgres import server

SECONDS = 15


class Ear:
    """Counts what it hears."""

    def __init__(self) -> None:
        self.number = 0

    async def beyond(self, number: int) -> None:
        async with asyncio.timeout(SECONDS):
            while self.number <= number:
                await asyncio.sleep(0.02)

    def __call__(self) -> None:
        self.number += 1


@asynccontextmanager
async def listening(hints: Hints, ear: Callable[[], None]) -> AsyncIterator[None]:
    task = asyncio.create_task(hints.run(ear))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_another_replica_hears_and_the_teller_does_not(shared_url: str) -> None:
    one, two = Hints(shared_url, None, holder="one"), Hints(shared_url, None, holder="two")
    teller, listener = Ear(), Ear()
    async with listening(one, teller), listening(two, listener):
        await teller.beyond(0)  # each looks once it listens
        await listener.beyond(0)

        one.tell()
        await listener.beyond(1)

        assert teller.number == 1


async def test_many_hints_at_once_are_one(shared_url: str) -> None:
    one, two = Hints(shared_url, None, holder="one"), Hints(shared_url, None, holder="two")
    listener = Ear()
    async with listening(one, lambda: None), listening(two, listener):
        await listener.beyond(0)
        for _ in range(1_000):
            one.tell()
        await listener.beyond(1)
        await asyncio.sleep(1.5)

    assert listener.number == 2


async def test_a_killed_server_is_listened_to_again() -> None:
    with server() as running:
        hints, ear = Hints(running.url, None, holder="one"), Ear()
        async with listening(hints, ear):
            await ear.beyond(0)
            await asyncio.to_thread(running.kill)
            await asyncio.to_thread(running.start)
            await ear.beyond(1)  # whatever was missed meanwhile
            before = ear.number
            with psycopg.connect(running.url, autocommit=True) as connection:
                connection.execute("SELECT pg_notify('snyk_gateway', 'two')")
            await ear.beyond(before)
