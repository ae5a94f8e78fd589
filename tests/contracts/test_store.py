"""What every store promises, whatever engine is under it: the engines join the list below."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.model.alert import Alert, Entry
from gateway.model.delivery import Delivery, Owed, Settlement
from gateway.model.event import Arrival, Event
from gateway.model.finding import Finding
from gateway.store import alerts, deliveries, events
from gateway.store.store import Connection, Store
from tests.store.conftest import take_due, undispatched

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
LATER = NOW + timedelta(seconds=90)

Open = Callable[[], Store]


@pytest.fixture(params=["sqlite", "postgresql"])
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens the same database each time."""
    if request.param == "sqlite":
        return lambda: Store.open(f"sqlite:///{tmp_path}/gateway.db")
    url: str = request.getfixturevalue("shared_url")
    return lambda: Store.open(url)


def arrival(id_: str, *, dedup: bytes = b"", body: bytes = b"{}") -> Arrival:
    return Arrival(
        id=id_,
        source="snyk",
        dedup=dedup or id_.encode(),
        status="pending",
        type="project_snapshot",
        version="v0",
        received_at=NOW,
        body=body,
    )


def event() -> Event:
    return Event(id="evt_1", source="snyk", type="project_snapshot", version="v0", received_at=NOW)


def alert() -> Alert:
    entry = Entry(key="finding", finding=Finding(id="SNYK-1"), event=event(), opened=1)
    return Alert(
        id="alr_1",
        key="key",
        route="root",
        group=(),
        sinks=("slack",),
        status="open",
        revision=1,
        opened_at=NOW,
        resolved_at=None,
        event=event(),
        entries=(entry,),
    )


def dispatch(connection: Connection) -> None:
    """What dispatch writes in one transaction."""
    events.finish(connection, event())
    alerts.save(connection, [alert()], entries={"alr_1": alert().entries}, now=NOW)
    owed = Owed(
        alert_id="alr_1",
        alert_key="key",
        route="root",
        sink="slack",
        due=NOW,
        judged=True,
        revision=1,
        severity=3,
        event_id="evt_1",
        accepted_at=NOW,
    )
    deliveries.owe(connection, [owed], NOW, ["dlv_1"])


def claim(connection: Connection, now: datetime = NOW) -> list[Delivery]:
    until = now + timedelta(seconds=90)
    return take_due(connection, "slack", now=now, claim="clm", lease_until=until, limit=9)


async def test_what_was_acknowledged_is_there_after_a_restart(reopen: Open) -> None:
    store = reopen()
    await store.write(lambda c: events.add(c, [arrival("evt_1", body=b"kept")]))
    store.close()

    store = reopen()

    assert await store.read(lambda c: events.body(c, "evt_1")) == b"kept"
    assert [one.id for one in await store.write(lambda c: events.begin(c, 9, now=NOW))] == ["evt_1"]
    store.close()


async def test_a_body_is_a_duplicate_after_a_restart_too(reopen: Open) -> None:
    answers = []
    for _ in range(2):
        store = reopen()
        answers += await store.write(lambda c: events.add(c, [arrival("evt_1")]))
        store.close()

    assert [added.duplicate for added in answers] == [False, True]


async def test_many_callers_at_once_store_one_body_once(reopen: Open) -> None:
    store = reopen()

    async def add(number: int) -> tuple[str, bool]:
        twin = arrival(f"evt_{number}", dedup=b"same")
        (added,) = await store.write(lambda c: events.add(c, [twin]))
        return added.id, added.duplicate

    answers = await asyncio.gather(*map(add, range(50)))
    store.close()

    assert len({id_ for id_, _ in answers}) == 1
    assert [duplicate for _, duplicate in answers].count(False) == 1


async def test_a_dispatch_that_breaks_leaves_the_event_waiting(reopen: Open) -> None:
    store = reopen()
    await store.write(lambda c: events.add(c, [arrival("evt_1")]))

    def broken(connection: Connection) -> None:
        dispatch(connection)
        raise LookupError

    with pytest.raises(LookupError):
        await store.write(broken)

    assert await store.read(undispatched) == 1
    assert await store.write(lambda c: alerts.by_key(c, ["key"], ["finding"])) == []
    store.close()


async def test_an_alert_is_the_same_after_a_restart(reopen: Open) -> None:
    store = reopen()
    await store.write(lambda c: events.add(c, [arrival("evt_1")]))
    await store.write(dispatch)
    store.close()

    store = reopen()

    assert await store.write(lambda c: alerts.holding(c, ["finding"])) == [alert()]
    store.close()


async def test_what_was_in_flight_at_a_crash_is_tried_again_as_the_same_delivery(
    reopen: Open,
) -> None:
    store = reopen()
    await store.write(lambda c: events.add(c, [arrival("evt_1")]))
    await store.write(dispatch)
    (before,) = await store.write(claim)
    store.close()

    store = reopen()
    (after,) = await store.write(lambda connection: claim(connection, LATER))
    store.close()

    assert (after.id, after.revision, after.alert) == (before.id, before.revision, before.alert)
    assert after.told.tried


async def test_of_two_who_settle_the_holder_of_the_claim_wins(reopen: Open) -> None:
    store = reopen()
    await store.write(lambda c: events.add(c, [arrival("evt_1")]))
    await store.write(dispatch)
    await store.write(claim)

    def settle(claim: str) -> Callable[[Connection], list[bool]]:
        done = Settlement(delivery_id="dlv_1", claim=claim, state="delivered", reason="")
        return lambda connection: deliveries.settle(connection, [done], NOW)

    stale, *held = await asyncio.gather(*map(store.write, map(settle, ("stale", "clm", "clm"))))

    assert stale == [False]
    assert sorted(held) == [[False], [True]]
    store.close()
