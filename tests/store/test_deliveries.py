from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.model.delivery import Settlement
from gateway.store import deliveries, listing
from tests.store.conftest import ON_SQLITE, plan_of, take_due

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def alert(connection: sa.Connection, make: Any) -> Any:
    alert = make.alert("alr_1")
    make.save(connection, alert)
    return alert


def shown(connection: sa.Connection, id_: str) -> dict[str, Any]:
    item = listing.delivery(connection, id_)
    assert item is not None
    return item


def again(id_: str, at: datetime, *, ambiguous: bool = False) -> Settlement:
    return Settlement(
        delivery_id=id_,
        claim="clm",
        state="pending",
        reason="timeout",
        next_attempt_at=at,
        ambiguous=ambiguous,
    )


def take(connection: sa.Connection, now: datetime) -> list[str]:
    claimed = take_due(connection, "slack", now=now, claim="clm", lease_until=now + HOUR, limit=9)
    return [delivery.id for delivery in claimed]


def test_what_is_owed_is_due_at_once(connection: sa.Connection, make: Any, now: datetime) -> None:
    assert make.owe(connection, "dlv_1") == "dlv_1"

    item = shown(connection, "dlv_1")
    assert (item["status"], item["next_attempt_at"], item["tries"]) == ("pending", now, 0)


def test_a_later_revision_takes_the_place_of_one_that_waits(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_1")
    take(connection, now)
    deliveries.settle(connection, [again("dlv_1", now + HOUR)], now)

    carried = make.owe(connection, "dlv_2", revision=2, severity=4)

    assert carried == "dlv_1"
    assert shown(connection, "dlv_1") | {
        "revision": 2,
        "severity": "critical",
        "next_attempt_at": now + HOUR,
        "status": "pending",
    } == shown(connection, "dlv_1")
    assert listing.delivery(connection, "dlv_2") is None


def test_an_ambiguous_one_is_not_replaced(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_1")
    take(connection, now)
    deliveries.settle(connection, [again("dlv_1", now, ambiguous=True)], now)

    assert make.owe(connection, "dlv_2", revision=2) == "dlv_2"
    assert make.owe(connection, "dlv_3", revision=3) == "dlv_2"
    assert shown(connection, "dlv_1")["revision"] == 1
    assert shown(connection, "dlv_2")["revision"] == 3


def test_nor_one_that_was_ambiguous_before_a_plain_failure(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_1")
    for ambiguous in (True, False):
        take(connection, now)
        deliveries.settle(connection, [again("dlv_1", now, ambiguous=ambiguous)], now)

    assert make.owe(connection, "dlv_2", revision=2) == "dlv_2"


def test_nor_one_in_flight(connection: sa.Connection, make: Any, now: datetime) -> None:
    make.owe(connection, "dlv_1")
    take(connection, now)

    assert make.owe(connection, "dlv_2", revision=2) == "dlv_2"


def test_sinks_and_alerts_are_owed_apart(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.save(connection, make.alert("alr_2"))
    owed = [make.owed(), make.owed(sink="oncall"), make.owed("alr_2"), make.owed(revision=2)]

    ids = deliveries.owe(connection, owed, now, ["a", "b", "c", "d"])

    assert ids == ["a", "b", "c", "a"]
    assert shown(connection, "a")["revision"] == 2


@ON_SQLITE
def test_what_is_owed_is_looked_for_without_a_look_at_all_that_waits(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    ids = [f"alr_{number}" for number in range(32)]
    make.save(connection, *(make.alert(id_) for id_ in ids))
    owed = [make.owed(id_) for id_ in ids]

    def act() -> None:
        deliveries.owe(connection, owed, now, [f"dlv_{id_}" for id_ in ids])
        deliveries.rejudge_alerts(connection, ids, now)

    assert not [step for step in plan_of(connection, act) if "deliveries_by_state" in step]


def test_nothing_owed_is_nothing_written(connection: sa.Connection, now: datetime) -> None:
    assert deliveries.owe(connection, [], now, []) == []
