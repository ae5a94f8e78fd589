"""What one replica does for all, on a database that several share."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from multidict import CIMultiDict

from gateway import codec
from gateway.clock import Clock, SystemClock
from gateway.metrics import Metrics
from gateway.model.identity import NewId
from gateway.pipeline.alone import Alone
from gateway.pipeline.flush import Flush
from gateway.pipeline.surroundings import mind_time
from gateway.store import events, listing
from gateway.store.dispatching import LEASE
from gateway.store.store import Store
from tests.arrivals import arrival_of
from tests.pipeline.conftest import NOON, ONE_PROCESS, SHORT, Build, Pipeline, StillClock, issue


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


async def test_what_another_judges_is_looked_at_no_more_often_than_that(
    shared: Store, build: Build, metrics: Metrics, new_id: NewId
) -> None:
    clock = StillClock()
    waits = "route: {sinks: [chat], group_by: [project], group_wait: 30s}"
    gateway = Pipeline(shared, build(waits), clock, metrics, new_id)
    await gateway.hear(issue())
    clock.at += timedelta(seconds=30)
    another = Alone(shared, "another", clock=clock)
    await another.every(60, "flush", Work())()
    work = Flush(
        shared,
        gateway.in_force,
        clock=clock,
        metrics=metrics,
        new_id=new_id,
        alone=Alone(shared, "one", clock=clock),
        wake=lambda _sinks: None,
    )

    running = asyncio.create_task(work.run())
    while not clock.slept:
        await asyncio.sleep(SHORT)
    running.cancel()

    assert clock.slept[0] == 1.0
    assert await gateway.owed("status") == ["pending"]


@pytest.mark.parametrize("orgs", ["[]", "[another]"])
async def test_an_event_that_another_has_begun_since_is_left_to_it(
    shared: Store, build: Build, metrics: Metrics, new_id: NewId, orgs: str
) -> None:
    clock = StillClock()
    rules = (
        "sources: {snyk: {type: snyk, secrets: [a-secret-of-sixteen-or-more], orgs: %s}}\n"
        "route: {sinks: [chat]}\n"
    )
    gateway = Pipeline(shared, build(rules % orgs), clock, metrics, new_id)
    source = gateway.in_force.parts.sources["snyk"]
    body = codec.encode({"project": {"id": "p"}, "org": {"id": "o"}, "newIssues": [issue()]})
    arrival = replace(arrival_of(source, body, CIMultiDict(), NOON, "evt_1"), status="pending")
    await shared.write(lambda connection: events.add(connection, [arrival]))
    (begun,) = await shared.write(lambda connection: events.begin(connection, 9, now=NOON))
    later = NOON + 2 * LEASE
    await shared.write(lambda connection: events.begin(connection, 9, now=later))

    await gateway.dispatcher.together([begun])

    page = await shared.read(lambda connection: listing.events(connection, limit=9))
    assert [each["status"] for each in page.items] == ["pending"]
    assert await gateway.owed("status") == []


class Heard:
    """A log that is kept as what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def warning(self, event: str, **_about: object) -> None:
        self.said.append(event)


@pytest.mark.parametrize(("clock", "number"), [(StillClock(), 1), (SystemClock(), 0)])
async def test_a_clock_that_differs_from_the_database_s_is_warned_of(
    shared_url: str, monkeypatch: pytest.MonkeyPatch, clock: Clock, number: int
) -> None:
    heard = Heard()
    monkeypatch.setattr("gateway.pipeline.surroundings.logs.get", lambda _part: heard)
    store = Store.open(shared_url)  # with the database's own clock
    await mind_time(store, clock=clock)
    store.close()

    assert heard.said == ["this machine's clock differs from the database's"] * number
