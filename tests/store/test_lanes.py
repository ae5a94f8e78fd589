"""Deliveries of one sink that go by several lanes."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.model.delivery import Settlement
from gateway.model.rate import Pace, Rate
from gateway.store import deliveries, jumps, lanes
from tests.store.conftest import ON_SQLITE, take_due

SECOND = timedelta(seconds=1)
ONE = Rate(1, 1)
BY_LANE = Pace(ONE, by_lane=True)
LANES: Mapping[str, str] = {"dlv_1": "busy", "dlv_2": "busy", "dlv_3": "quiet", "dlv_4": ""}


@pytest.fixture(autouse=True)
def stored(connection: sa.Connection, make: Any) -> None:
    names = [f"alr_{number}" for number in range(1, 5)]
    make.save(connection, *(make.alert(name) for name in names))
    for id_, name in zip(LANES, names, strict=True):
        make.owe(connection, id_, alert_id=name)


def claimed(
    connection: sa.Connection, now: datetime, limit: int = 9, rate: Rate | None = ONE
) -> list[str]:
    found = take_due(
        connection,
        "slack",
        now=now,
        claim="c",
        lease_until=now + timedelta(hours=1),
        limit=limit,
        pace=Pace(rate, by_lane=True),
    )
    return [each.id for each in found]


def put_off(connection: sa.Connection, now: datetime, **lanes_of: str) -> None:
    """Each is found to go by its lane, and waits."""
    settlements = [
        Settlement(
            delivery_id=id_,
            claim="c",
            state="pending",
            reason="rate",
            next_attempt_at=now,
            lane=lane,
        )
        for id_, lane in lanes_of.items()
    ]
    assert deliveries.settle(connection, settlements, now) == [True] * len(settlements)


@pytest.fixture
def known(connection: sa.Connection, now: datetime) -> None:
    """By now it is known of each delivery by which lane it goes."""
    for id_ in LANES:
        assert claimed(connection, now, limit=1) == [id_]
    put_off(connection, now, **LANES)


def test_a_lane_is_told_at_its_rate(connection: sa.Connection, now: datetime) -> None:
    entered = [
        lanes.enter(connection, "slack", "busy", ONE, now + tick * SECOND) for tick in (0, 0.5, 1)
    ]

    assert entered == [True, False, True]
    assert lanes.enter(connection, "slack", "quiet", ONE, now)
    assert lanes.enter(connection, "other", "busy", ONE, now)


def test_what_waited_before_is_forgotten(connection: sa.Connection, now: datetime) -> None:
    lanes.enter(connection, "slack", "quiet", ONE, now)
    lanes.enter(connection, "slack", "busy", ONE, now + SECOND)

    rows = connection.exec_driver_sql("SELECT lane FROM lanes").scalars().all()

    assert rows == ["busy"]


@pytest.mark.usefixtures("known")
def test_a_turn_takes_one_of_each_lane(connection: sa.Connection, now: datetime) -> None:
    taken = [claimed(connection, now + tick * SECOND) for tick in (0, 0.5, 1)]

    assert taken == [["dlv_1", "dlv_3", "dlv_4"], [], ["dlv_2"]]


@pytest.mark.usefixtures("known")
def test_a_turn_takes_no_more_than_it_may(connection: sa.Connection, now: datetime) -> None:
    assert claimed(connection, now, limit=2) == ["dlv_1", "dlv_3"]


@pytest.mark.usefixtures("known")
def test_a_lane_that_is_told_to_wait_holds_up_no_other(
    connection: sa.Connection, now: datetime
) -> None:
    claimed(connection, now, limit=1)
    asked = Settlement(
        delivery_id="dlv_1",
        claim="c",
        state="pending",
        reason="rate_limited",
        next_attempt_at=now + SECOND,
        pause_until=now + 60 * SECOND,
        lane="busy",
    )

    deliveries.settle(connection, [asked], now)

    assert claimed(connection, now + SECOND) == ["dlv_3", "dlv_4"]
    assert claimed(connection, now + 59 * SECOND) == []
    assert claimed(connection, now + 60 * SECOND) == ["dlv_2"]


@pytest.mark.usefixtures("known")
def test_without_a_rate_a_lane_waits_as_long_as_it_asks(
    connection: sa.Connection, now: datetime
) -> None:
    lanes.leave_alone(connection, "slack", "busy", now + 60 * SECOND)

    taken = [claimed(connection, now + tick * SECOND, rate=None) for tick in (0, 59, 60)]

    assert taken == [["dlv_3", "dlv_4"], [], ["dlv_1"]]
    assert not lanes.waiting(connection, "slack", now + 60 * SECOND)


@pytest.mark.usefixtures("known")
def test_what_waits_for_its_lane_is_due_then(connection: sa.Connection, now: datetime) -> None:
    claimed(connection, now)

    assert deliveries.next_due(connection, "slack", now=now, pace=BY_LANE) == now + SECOND


@pytest.mark.usefixtures("known")
def test_another_lane_is_due_before(connection: sa.Connection, now: datetime) -> None:
    claimed(connection, now, limit=1)

    assert deliveries.next_due(connection, "slack", now=now, pace=BY_LANE) == now


@ON_SQLITE
def test_a_clock_that_was_turned_back_keeps_no_lane_waiting(
    connection: sa.Connection, now: datetime
) -> None:
    lanes.leave_alone(connection, "slack", "busy", now + SECOND)
    hour = timedelta(hours=1)

    jumps.follow(connection, -hour, now - hour)

    assert lanes.waiting(connection, "slack", now - hour) == {"busy": now - hour + SECOND}
