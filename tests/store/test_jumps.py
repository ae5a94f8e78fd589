from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.model.delivery import Judgement, Settlement
from gateway.model.rate import Rate
from gateway.store import deliveries, jumps, sinks, tables
from tests.store.conftest import ON_SQLITE, a_try, take_due

pytestmark = ON_SQLITE

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
NOTHING = timedelta()


@pytest.fixture(autouse=True)
def failed(connection: sa.Connection, make: Any, now: datetime) -> None:
    """One delivery that was tried, and is tried again half an hour later."""
    make.save(connection, make.alert("alr_1"), make.alert("alr_2"))
    make.owe(connection, "dlv_1")
    take_due(connection, "slack", now=now, claim="clm", lease_until=now + HOUR, limit=9)
    attempt = a_try(now)
    again = Settlement(
        delivery_id="dlv_1",
        claim="clm",
        state="pending",
        reason="network",
        attempt=attempt,
        next_attempt_at=now + 30 * MINUTE,
    )
    deliveries.settle(connection, [again], now)


def moments(connection: sa.Connection, id_: str = "dlv_1") -> tuple[datetime | None, ...]:
    row = connection.execute(sa.select(tables.deliveries).filter_by(id=id_)).one()
    return (row.first_attempt_at, row.next_attempt_at, row.judge_at)


def test_after_a_jump_forward_nothing_is_older_and_waits_end_early(
    connection: sa.Connection, now: datetime
) -> None:
    jumps.follow(connection, 10 * HOUR, now + 10 * HOUR)

    assert moments(connection) == (now + 10 * HOUR, now + 30 * MINUTE, None)


def test_after_a_jump_back_waits_are_as_long_as_they_were(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_2", alert_id="alr_2", judged=False, due=now + MINUTE)
    sinks.leave_alone(connection, "slack", now + 20 * MINUTE)

    jumps.follow(connection, -10 * HOUR, now - 10 * HOUR)

    before = now - 10 * HOUR
    assert moments(connection) == (before, before + 30 * MINUTE, None)
    assert moments(connection, "dlv_2") == (None, None, before + MINUTE)
    assert sinks.state(connection, "slack").paused_until == before + 20 * MINUTE


@pytest.mark.parametrize("by", [NOTHING, -2 * MINUTE, 2 * MINUTE])
def test_whatever_the_clock_did_no_try_is_to_come_and_no_wait_too_long(
    connection: sa.Connection, now: datetime, by: timedelta
) -> None:
    sinks.leave_alone(connection, "slack", now + 20 * MINUTE)
    before = now - 10 * HOUR

    jumps.follow(connection, by, before)

    assert moments(connection) == (before, before + HOUR, None)
    assert sinks.state(connection, "slack").paused_until == before + HOUR


def test_what_is_as_it_should_be_stays_so(connection: sa.Connection, now: datetime) -> None:
    jumps.follow(connection, NOTHING, now + MINUTE)

    assert moments(connection) == (now, now + 30 * MINUTE, None)


@pytest.mark.parametrize("by", [-3 * HOUR, NOTHING])
def test_what_goes_by_the_clock_on_the_wall_is_judged_now(
    connection: sa.Connection, make: Any, now: datetime, by: timedelta
) -> None:
    make.owe(connection, "dlv_2", alert_id="alr_2", judged=False)
    held = Judgement(state="held", reason="outside", again_at=now + 5 * HOUR)
    deliveries.judge(connection, {"dlv_2": held}, now)

    jumps.follow(connection, by, now - 3 * HOUR)

    assert moments(connection, "dlv_2") == (None, None, now - 3 * HOUR)


def test_after_a_jump_back_a_rate_lets_go_as_soon_as_before(
    connection: sa.Connection, now: datetime
) -> None:
    once = Rate(1, 1)
    sinks.took(connection, "slack", once, now=now, taken=1)
    before = now - 10 * HOUR

    jumps.follow(connection, -10 * HOUR, before)

    later = before + timedelta(seconds=1)
    assert sinks.allowance(sinks.state(connection, "slack"), once, later, 9) == 1
