from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.model.rate import Rate
from gateway.store import deliveries, sinks

SECOND = timedelta(seconds=1)
ONE = Rate(1, 1)


@pytest.fixture(autouse=True)
def stored(connection: sa.Connection, make: Any) -> None:
    names = [f"alr_{number}" for number in range(1, 5)]
    make.save(connection, *(make.alert(name) for name in names))
    for number, name in enumerate(names, 1):
        make.owe(connection, f"dlv_{number}", alert_id=name)


def claimed(connection: sa.Connection, now: datetime, rate: Rate | None = None) -> list[str]:
    found = deliveries.claim(
        connection,
        "slack",
        now=now,
        claim="c",
        lease_until=now + timedelta(hours=1),
        limit=9,
        rate=rate,
    )
    return [each.id for each in found]


def test_a_sink_gets_no_more_than_its_rate(connection: sa.Connection, now: datetime) -> None:
    taken = [claimed(connection, now + tick * SECOND, ONE) for tick in (0, 0.5, 1, 2)]

    assert taken == [["dlv_1"], [], ["dlv_2"], ["dlv_3"]]


def test_what_waits_for_the_rate_is_due_then(connection: sa.Connection, now: datetime) -> None:
    claimed(connection, now, ONE)

    assert deliveries.next_due(connection, "slack", rate=ONE) == now + SECOND


def test_without_a_rate_everything_goes(connection: sa.Connection, now: datetime) -> None:
    assert len(claimed(connection, now)) == 4


def test_a_paused_sink_waits_until_it_is_resumed(connection: sa.Connection, now: datetime) -> None:
    sinks.pause(connection, "slack", paused=True)

    assert (claimed(connection, now), deliveries.next_due(connection, "slack")) == ([], None)
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
