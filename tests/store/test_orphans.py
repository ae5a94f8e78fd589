from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.model.delivery import DeliveryState, Judgement
from gateway.store import deliveries, listing, orphans, redelivery
from tests.store.conftest import ON_SQLITE, plan_of

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def stored(connection: sa.Connection, make: Any) -> None:
    make.save(connection, make.alert("alr_1"))
    make.owe(connection, "dlv_1", sink="slack")


def shown(connection: sa.Connection) -> tuple[str, str]:
    item = listing.delivery(connection, "dlv_1")
    assert item is not None
    return item["status"], item["reason"]


def test_what_is_owed_to_a_sink_that_is_gone_waits_and_says_so(
    connection: sa.Connection, now: datetime
) -> None:
    found = orphans.leave(connection, ["oncall"], oldest=now - HOUR, now=now)

    assert found == (1, 0)
    assert shown(connection) == ("pending", "unknown_sink")


def test_it_dies_when_it_has_waited_long(connection: sa.Connection, now: datetime) -> None:
    orphans.leave(connection, ["oncall"], oldest=now - HOUR, now=now)
    later = now + 2 * HOUR

    assert orphans.leave(connection, ["oncall"], oldest=later - HOUR, now=later) == (0, 1)
    assert shown(connection) == ("dead", "unknown_sink")


def test_an_old_one_lives_as_long_as_a_new_one_when_its_sink_goes(
    connection: sa.Connection, now: datetime
) -> None:
    later = now + 48 * HOUR

    assert orphans.leave(connection, ["oncall"], oldest=later - HOUR, now=later) == (1, 0)
    assert shown(connection) == ("pending", "unknown_sink")


def test_one_that_is_tried_again_by_hand_waits_anew(
    connection: sa.Connection, now: datetime
) -> None:
    later = now + 2 * HOUR
    orphans.leave(connection, ["oncall"], oldest=now - HOUR, now=now)
    orphans.leave(connection, ["oncall"], oldest=later - HOUR, now=later)

    redelivery.retry(connection, ["dlv_1"], later)

    assert orphans.leave(connection, ["oncall"], oldest=later - HOUR, now=later) == (1, 0)


@pytest.mark.parametrize("state", ["held", "muted"])
def test_what_is_kept_back_does_not_die_of_it(
    connection: sa.Connection, now: datetime, state: DeliveryState
) -> None:
    again = now + 1000 * HOUR
    deliveries.judge(
        connection, {"dlv_1": Judgement(state=state, reason="outside", again_at=again)}, now
    )
    later = now + 48 * HOUR

    for _ in range(2):
        assert orphans.leave(connection, ["oncall"], oldest=later, now=later) == (0, 0)
    assert shown(connection) == (state, "outside")


def test_it_waits_from_when_its_sink_went_however_often_it_is_judged(
    connection: sa.Connection, now: datetime
) -> None:
    orphans.leave(connection, ["oncall"], oldest=now - HOUR, now=now)
    later = now + 2 * HOUR
    deliveries.judge(connection, {"dlv_1": Judgement(state="pending")}, later)

    assert orphans.leave(connection, ["oncall"], oldest=later - HOUR, now=later) == (1, 1)
    assert shown(connection) == ("dead", "unknown_sink")


def test_it_goes_on_when_its_sink_comes_back(connection: sa.Connection, now: datetime) -> None:
    orphans.leave(connection, ["oncall"], oldest=now - HOUR, now=now)

    assert orphans.adopt(connection, ["slack"]) == 1
    assert shown(connection) == ("pending", "")


def test_what_is_owed_to_others_is_left_alone(connection: sa.Connection, now: datetime) -> None:
    assert orphans.leave(connection, ["slack"], oldest=now + HOUR, now=now) == (0, 0)


@ON_SQLITE
def test_looking_after_them_seeks_in_the_indexes_however_many_deliveries_there_are(
    connection: sa.Connection, now: datetime
) -> None:
    orphans.leave(connection, ["oncall"], oldest=now - HOUR, now=now)

    def look() -> None:
        orphans.leave(connection, ["oncall"], oldest=now - HOUR, now=now)
        orphans.adopt(connection, ["oncall"])

    plan = plan_of(connection, look)

    assert plan
    assert not [step for step in plan if step.startswith("SCAN")]
