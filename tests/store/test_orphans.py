from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.store import listing, orphans

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


def test_it_dies_when_it_is_old(connection: sa.Connection, now: datetime) -> None:
    later = now + 2 * HOUR

    assert orphans.leave(connection, ["oncall"], oldest=later - HOUR, now=later) == (1, 1)
    assert shown(connection) == ("dead", "unknown_sink")


def test_it_goes_on_when_its_sink_comes_back(connection: sa.Connection, now: datetime) -> None:
    orphans.leave(connection, ["oncall"], oldest=now - HOUR, now=now)

    assert orphans.adopt(connection, ["slack"]) == 1
    assert shown(connection) == ("pending", "")


def test_what_is_owed_to_others_is_left_alone(connection: sa.Connection, now: datetime) -> None:
    assert orphans.leave(connection, ["slack"], oldest=now + HOUR, now=now) == (0, 0)
