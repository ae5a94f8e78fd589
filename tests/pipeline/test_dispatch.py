from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from multidict import CIMultiDict

from gateway import samples
from gateway.errors import Unavailable, Unreadable
from gateway.metrics import Metrics
from gateway.model.event import Event
from gateway.model.identity import NewId
from gateway.pipeline.alarm import Alarm
from gateway.pipeline.answering import Answering
from gateway.pipeline.beside import Beside
from gateway.pipeline.dispatch import Dispatch
from gateway.pipeline.parts import InForce, Parts
from gateway.pipeline.reading import Reader
from gateway.sources.source import Source
from gateway.store import events, listing
from gateway.store.store import Store
from tests.arrivals import arrival_of
from tests.pipeline.conftest import NOON, ONE_PROCESS, Build, StillClock

POISON = "acme/poison"


class Poisonable:
    """A source that breaks on one project, only when its events are dispatched."""

    def __init__(self, real: Source, error: BaseException) -> None:
        self._real = real
        self._error = error
        self.name = real.name
        self.skip_ignored = real.skip_ignored

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def read(self, body: bytes, *, id: str, received_at: datetime, version: str) -> Event:  # noqa: A002 - the protocol's signature
        event = self._real.read(body, id=id, received_at=received_at, version=version)
        if event.project.name == POISON:
            raise self._error
        return event


async def stored(store: Store, parts: Parts, names: Sequence[str]) -> list[str]:
    """Events of projects by these names, as accept stores them."""
    arrivals = []
    for number, name in enumerate(names):
        body = samples.bodies("new-critical", number=number, at=NOON)[0]
        body["project"]["name"] = name
        encoded = b"{" if name == "not JSON" else samples.encode(body)
        source = parts.sources["snyk"]
        arrivals.append(arrival_of(source, encoded, CIMultiDict(), NOON, f"evt_{number}"))
    await store.write(lambda connection: events.add(connection, arrivals))
    return [arrival.id for arrival in arrivals]


def dispatch(
    store: Store, parts: Parts, clock: StillClock, metrics: Metrics, new_id: NewId
) -> Dispatch:
    """One that has outlived its start."""
    work = started(store, parts, clock, metrics, new_id)
    clock.at += timedelta(seconds=5)
    return work


def started(
    store: Store,
    parts: Parts,
    clock: StillClock,
    metrics: Metrics,
    new_id: NewId,
    *,
    judge: Callable[[], None] = lambda: None,
    reader: Reader | None = None,
    answering: Answering | None = None,
    wake: Callable[[frozenset[str]], None] = lambda _sinks: None,
) -> Dispatch:
    alarm = Alarm(store, clock=clock, new_id=new_id, wake=lambda: None)
    in_force = InForce(parts)
    return Dispatch(
        store,
        in_force,
        reader or Reader(store, in_force, Beside()),
        answering or Answering(clock),
        clock=clock,
        metrics=metrics,
        new_id=new_id,
        alarm=alarm,
        wake=wake,
        judge=judge,
    )


async def statuses(store: Store) -> dict[str, str]:
    page = await store.read(lambda connection: listing.events(connection, limit=100))
    return {item["id"]: item["status"] for item in page.items}


async def test_event_becomes_an_alert_and_owes_every_sink(
    store: Store, parts: Parts, clock: StillClock, metrics: Metrics, new_id: NewId
) -> None:
    await stored(store, parts, ["acme/shop"])

    assert await dispatch(store, parts, clock, metrics, new_id).some() == 1

    assert await statuses(store) == {"evt_0": "dispatched"}
    page = await store.read(lambda connection: listing.deliveries(connection, limit=100))
    assert sorted(item["sink"] for item in page.items) == ["chat", "oncall"]


async def test_poisonous_event_is_tried_three_times_and_the_others_go_on(
    store: Store, parts: Parts, clock: StillClock, metrics: Metrics, new_id: NewId
) -> None:
    await stored(store, parts, ["acme/one", POISON, "acme/two"])
    source = Poisonable(parts.sources["snyk"], RuntimeError("a bug"))
    broken = replace(parts, sources={"snyk": source})
    work = dispatch(store, broken, clock, metrics, new_id)

    rounds = [await work.some() for _ in range(events.TRIES + 2)]

    assert rounds == [3, 1, 1, 1, 0]  # the last one says that an event could not be routed
    found = await statuses(store)
    assert [found[f"evt_{number}"] for number in range(3)] == [
        "dispatched",
        "failed",
        "dispatched",
    ]


class Counting(Poisonable):
    """One that counts how often it reads."""

    times = 0

    def read(self, body: bytes, *, id: str, received_at: datetime, version: str) -> Event:  # noqa: A002 - the protocol's signature
        self.times += 1
        return super().read(body, id=id, received_at=received_at, version=version)


async def test_a_batch_that_fails_is_tried_once_and_then_one_by_one(
    store: Store, parts: Parts, clock: StillClock, metrics: Metrics, new_id: NewId
) -> None:
    await stored(store, parts, ["acme/one", "acme/two", POISON])
    source = Counting(parts.sources["snyk"], RuntimeError("a bug"))
    broken = replace(parts, sources={"snyk": source})

    await dispatch(store, broken, clock, metrics, new_id).some()

    assert source.times == 6


@pytest.mark.parametrize(("came", "slept"), [(1, []), (2, [0.001])])
async def test_dispatch_gives_way_where_more_come_than_it_dispatches(
    store: Store,
    parts: Parts,
    clock: StillClock,
    metrics: Metrics,
    new_id: NewId,
    *,
    came: int,
    slept: list[float],
) -> None:
    await stored(store, parts, ["acme/shop"])
    answering = Answering(clock)

    def wake(_sinks: frozenset[str]) -> None:
        clock.at += timedelta(seconds=0.01)
        for _ in range(came):
            with answering.one():
                pass

    work = started(store, parts, clock, metrics, new_id, answering=answering, wake=wake)
    await work.some()

    assert clock.slept == slept


@pytest.mark.parametrize(("deliver", "times"), [("events", 1), ("findings", 2)])
async def test_an_event_that_is_owed_as_it_came_is_kept_to_be_told(
    store: Store,
    build: Build,
    clock: StillClock,
    metrics: Metrics,
    new_id: NewId,
    *,
    deliver: str,
    times: int,
) -> None:
    parts = build(f"route: {{sinks: [siem], deliver: {deliver}}}\n")
    source = Counting(parts.sources["snyk"], RuntimeError("a bug"))
    counting = replace(parts, sources={"snyk": source})
    await stored(store, parts, ["acme/shop"])
    reader = Reader(store, InForce(counting), Beside())

    await started(store, counting, clock, metrics, new_id, reader=reader).some()
    context = await store.read(lambda connection: events.contexts(connection, ["evt_0"]))
    await reader.to_tell(context["evt_0"])

    assert source.times == times


@pytest.mark.parametrize(("wait", "asked"), [("0s", 0), ("5m", 1)])
async def test_judging_is_asked_for_where_something_waits_for_it(
    store: Store,
    build: Build,
    clock: StillClock,
    metrics: Metrics,
    new_id: NewId,
    *,
    wait: str,
    asked: int,
) -> None:
    parts = build(f"route: {{sinks: [chat], group_wait: {wait}}}\n")
    await stored(store, parts, ["acme/shop"])
    times: list[None] = []
    work = started(store, parts, clock, metrics, new_id, judge=lambda: times.append(None))

    await work.some()

    assert len(times) == asked


class Away:
    """A store that is away for the writes whose turn that is."""

    def __init__(self, store: Store, *turns: int) -> None:
        self._store = store
        self._turns = turns
        self._writes = count()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def write(self, operation: Any) -> Any:
        if next(self._writes) in self._turns:
            raise Unavailable
        return await self._store.write(operation)


@pytest.mark.parametrize("name", ["acme/shop", "not JSON"])
async def test_a_try_that_the_store_was_away_for_is_none(
    store: Store, parts: Parts, clock: StillClock, metrics: Metrics, new_id: NewId, *, name: str
) -> None:
    await stored(store, parts, [name])
    away = Away(store, *range(1, 9))
    work = dispatch(away, parts, clock, metrics, new_id)  # type: ignore[arg-type]  # it is one in all but those writes

    for _ in range(8):
        with pytest.raises(Unavailable):
            await work.some()
    await work.some()

    event = await store.read(lambda connection: events.by_id(connection, "evt_0"))
    assert event is not None
    assert event.tries == 1
    assert (await statuses(store))["evt_0"] in {"dispatched", "unreadable"}


@ONE_PROCESS
async def test_an_event_that_ends_the_process_is_given_up_and_takes_no_other_with_it(
    store: Store, parts: Parts, clock: StillClock, metrics: Metrics, new_id: NewId
) -> None:
    await stored(store, parts, ["acme/one", POISON, "acme/two"])
    source = Poisonable(parts.sources["snyk"], Killed())
    broken = replace(parts, sources={"snyk": source})

    for _ in range(events.TRIES):
        with pytest.raises(Killed):
            await until_idle(dispatch(store, broken, clock, metrics, new_id))
    await until_idle(dispatch(store, broken, clock, metrics, new_id))

    found = await statuses(store)
    assert [found[f"evt_{number}"] for number in range(3)] == ["dispatched", "failed", "dispatched"]
    event = await store.read(lambda connection: listing.event(connection, "evt_1"))
    assert event is not None
    assert event["error"] == "the gateway ended whenever it was tried"


@ONE_PROCESS
async def test_an_event_that_is_met_by_every_early_end_of_the_process_keeps_its_last_try(
    store: Store, parts: Parts, clock: StillClock, metrics: Metrics, new_id: NewId
) -> None:
    await stored(store, parts, [POISON, "acme/two"])
    broken = replace(parts, sources={"snyk": Poisonable(parts.sources["snyk"], Killed())})
    for _ in range(events.TRIES - 1):
        with pytest.raises(Killed):
            await until_idle(started(store, broken, clock, metrics, new_id))

    early = started(store, parts, clock, metrics, new_id)
    await until_idle(early)
    waiting = await statuses(store)
    clock.at += timedelta(seconds=5)
    await until_idle(early)

    assert waiting == {"evt_0": "pending", "evt_1": "dispatched"}
    assert (await statuses(store))["evt_0"] == "dispatched"


class Killed(BaseException):
    """The end of a process."""


async def until_idle(work: Dispatch) -> None:
    while await work.some():
        pass


async def test_body_that_cannot_be_read_any_more_is_shown_as_unreadable(
    store: Store, parts: Parts, clock: StillClock, metrics: Metrics, new_id: NewId
) -> None:
    await stored(store, parts, [POISON])
    source = Poisonable(parts.sources["snyk"], Unreadable("too odd"))
    broken = replace(parts, sources={"snyk": source})

    await dispatch(store, broken, clock, metrics, new_id).some()

    assert (await statuses(store))["evt_0"] == "unreadable"


async def test_event_of_a_source_that_is_gone_is_failed_and_says_so(
    store: Store, parts: Parts, clock: StillClock, metrics: Metrics, new_id: NewId
) -> None:
    await stored(store, parts, ["acme/shop"])
    work = dispatch(store, replace(parts, sources={}), clock, metrics, new_id)

    for _ in range(events.TRIES):
        await work.some()

    event = await store.read(lambda connection: listing.event(connection, "evt_0"))
    assert event is not None
    assert "not configured any more" in event["error"]


async def test_replayed_event_of_an_organisation_left_out_is_not_routed(
    store: Store, parts: Parts, clock: StillClock, metrics: Metrics, new_id: NewId
) -> None:
    await stored(store, parts, ["acme/shop"])
    source = LeftOut(parts.sources["snyk"], RuntimeError())
    work = dispatch(store, replace(parts, sources={"snyk": source}), clock, metrics, new_id)

    await work.some()

    assert await statuses(store) == {"evt_0": "foreign"}
    page = await store.read(lambda connection: listing.deliveries(connection, limit=100))
    assert page.items == []


class LeftOut(Poisonable):
    """A source that takes no organisation's events."""

    def takes(self, _event: Event) -> bool:
        return False
