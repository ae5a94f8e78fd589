from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.model.delivery import Settlement
from gateway.model.rate import Pace, Rate
from gateway.store import deliveries, sinks
from tests.store.conftest import take_due

SECOND = timedelta(seconds=1)
ONE = Rate(1, 1)


@pytest.fixture(autouse=True)
def stored(connection: sa.Connection, make: Any) -> None:
    names = [f"alr_{number}" for number in range(1, 5)]
    make.save(connection, *(make.alert(name) for name in names))
    for number, name in enumerate(names, 1):
        make.owe(connection, f"dlv_{number}", alert_id=name)


def claimed(connection: sa.Connection, now: datetime, rate: Rate | None = None) -> list[str]:
    found = take_due(
        connection,
        "slack",
        now=now,
        claim="c",
        lease_until=now + timedelta(hours=1),
        limit=9,
        pace=Pace(rate),
    )
    return [each.id for each in found]


def test_a_sink_gets_no_more_than_its_rate(connection: sa.Connection, now: datetime) -> None:
    taken = [claimed(connection, now + tick * SECOND, ONE) for tick in (0, 0.5, 1, 2)]

    assert taken == [["dlv_1"], [], ["dlv_2"], ["dlv_3"]]


def test_what_waits_for_the_rate_is_due_then(connection: sa.Connection, now: datetime) -> None:
    claimed(connection, now, ONE)

    assert deliveries.next_due(connection, "slack", now=now, pace=Pace(ONE)) == now + SECOND


def test_without_a_rate_everything_goes(connection: sa.Connection, now: datetime) -> None:
    assert len(claimed(connection, now)) == 4


def test_a_paused_sink_waits_until_it_is_resumed(connection: sa.Connection, now: datetime) -> None:
    sinks.pause(connection, "slack", paused=True)

    assert (claimed(connection, now), deliveries.next_due(connection, "slack", now=now)) == (
        [],
        None,
    )
    sinks.pause(connection, "slack", paused=False)
    assert len(claimed(connection, now)) == 4


def test_a_pause_outlives_what_the_rate_counts(connection: sa.Connection, now: datetime) -> None:
    claimed(connection, now, ONE)
    sinks.leave_alone(connection, "slack", now + 9 * SECOND)
    sinks.pause(connection, "slack", paused=True)

    known = sinks.state(connection, "slack")

    assert (known.paused, known.paused_until) == (True, now + 9 * SECOND)
    assert known.bucket is not None
    assert known.bucket.tokens == 0


def settle(connection: sa.Connection, id_: str, health: Any, now: datetime, **more: Any) -> None:
    """A try of this delivery told so of the sink; the delivery waits for another."""
    again = {"state": "pending", "reason": "", "next_attempt_at": now + timedelta(hours=1)}
    settlement = Settlement(delivery_id=id_, claim="c", health=health, **{**again, **more})
    assert deliveries.settle(connection, [settlement], now) == [True]


def test_an_open_breaker_lets_one_delivery_through_at_a_time(
    connection: sa.Connection, now: datetime
) -> None:
    claimed(connection, now, ONE)
    settle(connection, "dlv_1", "refused", now)

    taken = [claimed(connection, now + seconds * SECOND) for seconds in (0, 15, 44, 45, 104, 105)]

    assert taken == [[], ["dlv_2"], [], ["dlv_3"], [], ["dlv_4"]]
    assert sinks.state(connection, "slack").breaker.open_since == now


def test_a_queue_looks_again_when_a_probe_is_due(connection: sa.Connection, now: datetime) -> None:
    claimed(connection, now, ONE)
    settle(connection, "dlv_1", "refused", now)

    assert deliveries.next_due(connection, "slack", now=now) == now + 15 * SECOND


def test_when_a_probe_gets_through_everything_is_due_at_once(
    connection: sa.Connection, now: datetime
) -> None:
    claimed(connection, now, ONE)
    settle(connection, "dlv_1", "refused", now)
    later = now + 15 * SECOND
    claimed(connection, later)

    settle(connection, "dlv_2", "well", later, state="delivered", next_attempt_at=None)

    assert claimed(connection, later) == ["dlv_3", "dlv_4", "dlv_1"]
    assert not sinks.state(connection, "slack").breaker.is_open


def test_an_operator_or_a_reload_has_a_probe_go_out_now(
    connection: sa.Connection, now: datetime
) -> None:
    claimed(connection, now, ONE)
    settle(connection, "dlv_1", "refused", now)

    sinks.half_open(connection, now, "oncall")
    other = claimed(connection, now)
    sinks.half_open(connection, now)

    assert (other, claimed(connection, now)) == ([], ["dlv_2"])
