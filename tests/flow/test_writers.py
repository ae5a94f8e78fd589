"""Eight replicas that write at once, against the same small model of what is open."""

import asyncio
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest

from gateway.model.rate import Pace, Rate
from gateway.pipeline.claiming import Turn, take
from gateway.store import deliveries, events
from gateway.store.store import Connection, Store
from tests.flow.test_lifecycle import HOUR, PLAIN, RULES, SINKS, Gateway, Happened, Model, agree

WRITERS = 8
EVENTS = 60
PROJECTS = ("p1", "p2", "p3", "p4", "p5")
NOTHING = timedelta()


def happened(seed: int) -> list[Happened]:
    """Tests of the projects, each later than those before, in no order at all."""
    rolls = random.Random(seed)
    tests = [
        Happened(
            project=rolls.choice(PROJECTS),
            tested=number,
            listed={
                name: (rolls.choice(["new", "new", "removed"]), rolls.choice(["high", "critical"]))
                for name in rolls.sample("abcd", rolls.randint(1, 3))
            },
        )
        for number in range(EVENTS)
    ]
    rolls.shuffle(tests)
    return tests


@pytest.fixture
def writers(shared_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Gateway]]:
    """Replicas over one database, each with connections of its own; they share the receivers."""
    monkeypatch.setattr("gateway.store.clock.now", lambda _connection, own: own)
    with ExitStack() as stack:
        made: list[Gateway] = []
        for number in range(WRITERS):
            store = Store.open(shared_url, patience=60)
            stack.callback(store.close)
            each = Gateway(store, name=f"gtw_{number}")
            if made:
                each.join(made[0])
            made.append(each)
        yield made


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.timeout(180)
async def test_they_end_up_where_the_model_does(writers: list[Gateway], rules: str) -> None:
    tests = happened(seed=len(rules))
    model = Model()
    for each in tests:
        model.take(each)
    for writer in writers:
        await writer.reload(rules)

    await asyncio.gather(*(live(writer, tests, seed) for seed, writer in enumerate(writers)))

    for writer in writers:
        await writer.reload(PLAIN)
    await writers[0].drain()
    agree(model, writers[0].receivers)
    assert await writers[0].store.read(deliveries.next_judgement) is None


async def live(writer: Gateway, tests: list[Happened], seed: int) -> None:
    """Every replica hears of everything, and does all that a replica does."""
    rolls = random.Random(seed)
    for number, each in enumerate(tests):
        # The same body at the same moment as the others: it is stored once.
        await writer.take(each, known_as=f"test {number}")
        if rolls.random() < 0.5:
            await writer.dispatch.some()
        if rolls.random() < 0.3:
            await writer.flush.some()
        await writer.attempt(rolls.choice(SINKS), "delivered", after=NOTHING)


async def test_projects_do_not_wait_for_each_other(writers: list[Gateway]) -> None:
    first, second = writers[:2]
    for number, project in enumerate(PROJECTS[:2]):
        opens = Happened(project=project, tested=0, listed={"a": ("new", "high")})
        await first.take(opens, known_as=f"opens {number}")
    while await first.dispatch.some():
        pass
    fixes = [
        Happened(project=project, tested=1, listed={"a": ("removed", "high")})
        for project in PROJECTS[:2]
    ]
    written, go_on = threading.Event(), threading.Event()
    real = first.store.write

    async def slowly(operation: Callable[[Connection], Any]) -> Any:
        """Each transaction stays open once all is written."""

        def held(connection: Connection) -> Any:
            answer = operation(connection)
            if answer:
                written.set()
                go_on.wait(10)
            return answer

        return await real(held)

    await first.take(fixes[0])
    begun = await first.store.write(lambda c: events.begin(c, 9, now=first.clock.at))
    first.store.write = slowly  # type: ignore[method-assign]  # a slow database
    slow = asyncio.create_task(first.dispatch.together(begun[:1]))
    await asyncio.to_thread(written.wait, 10)
    await second.take(fixes[1])
    async with asyncio.timeout(5):
        done = await second.dispatch.some()
    go_on.set()
    await slow

    assert done == 1


async def test_a_rate_is_one_rate_whoever_claims(writers: list[Gateway]) -> None:
    first = writers[0]
    for number in range(WRITERS):
        opens = Happened(project="p1", tested=number, listed={f"f{number}": ("new", "high")})
        await first.take(opens)
    while await first.dispatch.some():
        pass
    now = first.clock.at

    def claim(connection: Connection) -> int:
        turn = Turn(
            sink="chat",
            now=now,
            claim=first.new_id("clm", now),
            lease_until=now + HOUR,
            limit=1,
            pace=Pace(Rate(3, 1.0)),
        )
        return len(take(connection, first.in_force.parts, turn).claimed)

    claimed = await asyncio.gather(*(writer.store.write(claim) for writer in writers))

    assert sum(claimed) == 3
