from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.model.delivery import Settlement
from gateway.store import deliveries, listing, standins
from gateway.store.standins import StandIn
from tests.store.conftest import ON_SQLITE, a_try, plan_of, take_due

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
PAIR = StandIn(sink="slack", fallback="siem")


@pytest.fixture(autouse=True)
def stored(connection: sa.Connection, make: Any) -> None:
    make.save(connection, make.alert("alr_1"), make.alert("alr_2"))


def fail(connection: sa.Connection, now: datetime, state: str) -> None:
    """What is due at the sink is tried once, and that is how it goes on."""
    claimed = take_due(connection, "slack", now=now, claim="clm", lease_until=now + HOUR, limit=9)
    attempt = a_try(now)
    more: dict[str, Any] = {"state": state, "reason": "network", "next_attempt_at": now + HOUR}
    settled = [
        Settlement(delivery_id=each.id, claim="clm", attempt=attempt, **more) for each in claimed
    ]
    deliveries.settle(connection, settled, now)


def stand_in(connection: sa.Connection, ids: list[str], now: datetime) -> int:
    numbers = count(1)
    return standins.stand_in(connection, PAIR, ids, now, new_id=lambda: f"new_{next(numbers)}")


def shown(connection: sa.Connection, id_: str) -> dict[str, Any]:
    item = listing.delivery(connection, id_)
    assert item is not None
    return item


def test_the_fallback_is_owed_what_died_and_counts_as_told_from_then_on(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_1")
    fail(connection, now, "dead")

    made = stand_in(connection, ["dlv_1"], now + MINUTE)

    assert made == 1
    owed = shown(connection, "new_1")
    assert (owed["sink"], owed["status"], owed["alert"]) == ("siem", "pending", "alr_1")
    assert owed["marks"] == ["stands in for slack: network"]
    alert = listing.alert(connection, "alr_1")
    assert alert is not None
    assert alert["sinks"] == ["slack", "oncall", "siem"]


def test_it_is_owed_everything_once(connection: sa.Connection, make: Any, now: datetime) -> None:
    make.owe(connection, "dlv_1")
    fail(connection, now, "dead")
    stand_in(connection, ["dlv_1"], now)

    assert stand_in(connection, ["dlv_1"], now) == 0


def test_a_sink_that_is_told_of_the_alert_anyway_gets_nothing_more(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_1")
    fail(connection, now, "dead")
    to_oncall = StandIn(sink="slack", fallback="oncall")

    assert standins.stand_in(connection, to_oncall, ["dlv_1"], now, new_id=lambda: "x") == 0


def test_what_waits_for_long_is_what_was_let_go_or_first_tried_before_then(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_1")
    fail(connection, now, "pending")
    make.owe(connection, "dlv_2", alert_id="alr_2")
    make.owe(connection, "dlv_3", alert_id="alr_2", sink="oncall")

    found = [standins.of_the_waiting(connection, PAIR, now + late * MINUTE) for late in (0, 1)]

    assert [each.ids for each in found] == [[], ["dlv_1", "dlv_2"]]
    assert standins.of_the_waiting(connection, PAIR).ids == ["dlv_1", "dlv_2"]


def test_what_waits_is_found_a_little_at_a_time_and_each_once(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    singles = [make.single(f"event-{number}") for number in range(3)]
    deliveries.owe(connection, singles, now, [f"dlv_{number}" for number in range(3)])
    found, after = [], 0

    while (some := standins.of_the_waiting(connection, PAIR, after=after, limit=2)).ids:
        found.append(some.ids)
        after = some.rest

    assert found == [["dlv_0", "dlv_1"], ["dlv_2"]]


@pytest.mark.parametrize("state", ["sending", "delivered", "cancelled"])
def test_what_does_not_wait_any_more_is_not_stood_in_for(
    connection: sa.Connection, make: Any, now: datetime, state: str
) -> None:
    make.owe(connection, "dlv_1")
    waiting = standins.of_the_waiting(connection, PAIR).ids
    if state == "sending":
        take_due(connection, "slack", now=now, claim="clm", lease_until=now + HOUR, limit=9)
    else:
        fail(connection, now, state)

    assert waiting == ["dlv_1"]
    assert stand_in(connection, waiting, now) == 0


@ON_SQLITE
def test_they_are_looked_up_without_a_look_at_all_that_waits(
    connection: sa.Connection, now: datetime
) -> None:
    ids = [f"dlv_{number}" for number in range(200)]

    first, *_ = plan_of(connection, lambda: stand_in(connection, ids, now))

    assert first == "SEARCH deliveries USING INDEX sqlite_autoindex_deliveries_1 (id=?)"


def test_a_single_event_that_was_stood_in_for_is_not_told_again_when_it_dies(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    deliveries.owe(connection, [make.single("event-1")], now, ["dlv_1"])
    stand_in(connection, ["dlv_1"], now)
    fail(connection, now, "dead")

    assert stand_in(connection, ["dlv_1"], now) == 0


def test_what_is_not_let_go_does_not_wait_for_the_sink(
    connection: sa.Connection, make: Any
) -> None:
    make.owe(connection, "dlv_1", judged=False)

    assert standins.of_the_waiting(connection, PAIR).ids == []


def test_a_single_event_goes_to_the_fallback_as_it_is(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    deliveries.owe(connection, [make.single("event-1")], now, ["dlv_1"])
    fail(connection, now, "dead")

    stand_in(connection, ["dlv_1"], now)

    owed = shown(connection, "new_1")
    assert (owed["sink"], owed["alert"], owed["event"]) == ("siem", None, "evt_1")
