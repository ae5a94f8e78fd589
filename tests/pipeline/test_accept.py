import asyncio
import weakref
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from multidict import CIMultiDict

from gateway import samples
from gateway.errors import Unavailable
from gateway.metrics import Metrics
from gateway.model.event import Event
from gateway.model.identity import NewId
from gateway.pipeline.accept import Accept, Accepted
from gateway.pipeline.answering import Answering
from gateway.pipeline.beside import Beside
from gateway.pipeline.parts import Parts
from gateway.store.store import Store
from tests.pipeline.conftest import NOON, StillClock

SNAPSHOT = samples.encode(samples.bodies("new-critical", number=0, at=NOON)[0])
PING = samples.encode(samples.bodies("ping", number=0, at=NOON)[0])


class Accepting:
    """Accepts bodies at one store and counts the wake-ups."""

    def __init__(
        self, store: Store, parts: Parts, clock: StillClock, metrics: Metrics, new_id: NewId
    ) -> None:
        self.woken = 0
        self.source = parts.sources["snyk"]
        self.kept: list[str] = []
        self.answering = Answering(clock)
        self._accept = Accept(
            store,
            Beside(),
            self.answering,
            clock=clock,
            metrics=metrics,
            new_id=new_id,
            keep=lambda _source, read: self.kept.append(read.event.id),
            wake=self._count,
        )

    def _count(self) -> None:
        self.woken += 1

    async def __call__(self, body: bytes, transport_id: str = "t-1") -> Accepted:
        headers = CIMultiDict({"X-Snyk-Transport-ID": transport_id})
        return await self._accept(self.source, body, headers)


@pytest.fixture
def accept(
    store: Store, parts: Parts, clock: StillClock, metrics: Metrics, new_id: NewId
) -> Accepting:
    return Accepting(store, parts, clock, metrics, new_id)


async def test_new_body_is_accepted_and_wakes_dispatch(accept: Accepting) -> None:
    accepted = await accept(SNAPSHOT)

    assert (accepted.status, accept.woken) == ("accepted", 1)
    assert accept.kept == [accepted.event]


async def test_an_event_that_is_never_dispatched_is_not_kept_in_memory(
    accept: Accepting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accept.source, "takes", lambda _event: False)

    accepted = await accept(SNAPSHOT)

    assert accepted.status == "accepted"
    assert accept.kept == []


async def test_a_webhook_is_one_that_others_give_way_to(
    accept: Accepting, clock: StillClock
) -> None:
    lap = accept.answering.lap()

    await accept(SNAPSHOT)
    clock.at += timedelta(seconds=1)
    await accept.answering.give_way(lap, 0)

    assert clock.slept == [0.001]


async def test_duplicate_names_the_event_that_is_stored(accept: Accepting) -> None:
    first = await accept(SNAPSHOT, "t-1")

    again = await accept(SNAPSHOT, "t-2")

    assert again == Accepted(first.event, "duplicate")
    assert accept.woken == 1


async def test_other_body_under_the_same_transport_id_is_another_event(accept: Accepting) -> None:
    await accept(SNAPSHOT, "t-1")

    other = await accept(SNAPSHOT.replace(b'"severity":"critical"', b'"severity":"high"'), "t-1")

    assert other.status == "accepted"


async def test_pings_are_told_apart_by_their_transport_id(accept: Accepting) -> None:
    statuses = [(await accept(PING, transport_id)).status for transport_id in ("a", "b", "a")]

    assert statuses == ["accepted", "accepted", "duplicate"]


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{}", b"\xff", b'{"project":{}}'])
async def test_signed_body_that_cannot_be_read_is_kept(accept: Accepting, body: bytes) -> None:
    assert (await accept(body)).status == "unreadable"


async def test_large_body_is_read_beside_the_event_loop(accept: Accepting) -> None:
    large = samples.encode(samples.bodies("large", number=0, at=NOON)[0])

    assert (await accept(large)).status == "accepted"
    assert len(large) > 256 * 1024


class Weighed(dict[str, object]):
    """What an event holds, and tells whether it is still there."""


async def test_an_event_does_not_wait_in_memory_for_the_store(
    accept: Accepting, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, write = accept.source.read, store.write
    held: list[weakref.ref[Weighed]] = []
    there_while_storing = []

    def reading(body: bytes, *, id: str, received_at: datetime, version: str) -> Event:  # noqa: A002 - the event's own word
        raw = Weighed()
        held.append(weakref.ref(raw))
        event = read(body, id=id, received_at=received_at, version=version)
        return replace(event, raw=raw)

    def writing(operation: Callable[[sa.Connection], Any]) -> Awaitable[Any]:
        there_while_storing.append(held[0]() is not None)
        return write(operation)

    monkeypatch.setattr(accept.source, "read", reading)
    monkeypatch.setattr(store, "write", writing)

    assert (await accept(SNAPSHOT)).status == "accepted"
    assert there_while_storing == [False]


async def test_store_that_cannot_commit_is_no_acceptance(accept: Accepting, store: Store) -> None:
    store.close()

    with pytest.raises(Unavailable):
        await accept(SNAPSHOT)
    assert accept.woken == 0


async def test_a_store_that_is_frozen_is_no_acceptance_either(
    accept: Accepting, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.pipeline.accept._PATIENCE", 0.05)
    monkeypatch.setattr(store, "write", lambda _operation: asyncio.Event().wait())

    with pytest.raises(Unavailable, match="does not answer"):
        await accept(SNAPSHOT)
    assert accept.woken == 0
