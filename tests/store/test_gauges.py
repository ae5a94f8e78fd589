from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from gateway.model.delivery import Settlement
from gateway.store import deliveries
from gateway.store.gauges import SinkGauge
from tests.store.conftest import ON_SQLITE, plan_of, take_due

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def settle(connection: sa.Connection, now: datetime, sink: str, **changes: Any) -> None:
    """What the sink is owed is tried, and that is how it ends."""
    (claimed,) = take_due(connection, sink, now=now, claim="clm", lease_until=now + HOUR, limit=1)
    settlement = Settlement(delivery_id=claimed.id, claim="clm", reason="", **changes)
    deliveries.settle(connection, [settlement], now)


def test_they_count_what_waits_and_what_died(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.save(connection, make.alert("alr_1"), make.alert("alr_2"))
    make.owe(connection, "a")
    settle(connection, now, "slack", state="dead")
    make.owe(connection, "b", alert_id="alr_2")
    settle(connection, now, "slack", state="pending", next_attempt_at=now + HOUR)
    make.owe(connection, "c", sink="oncall")
    make.owe(connection, "d", sink="siem")
    settle(connection, now, "siem", state="delivered")

    assert deliveries.gauges(connection, now + MINUTE) == [
        SinkGauge(sink="oncall", pending=1, dead=0, oldest_due_seconds=60.0),
        SinkGauge(sink="slack", pending=1, dead=1, oldest_due_seconds=0.0),
    ]


def test_the_oldest_that_is_due_counts_whatever_its_severity(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.save(connection, make.alert("alr_1"), make.alert("alr_2"))
    make.owe(connection, "a", alert_id="alr_1", severity=0)
    deliveries.owe(
        connection, [make.owed("alr_2", severity=4, due=now + MINUTE)], now + MINUTE, ["b"]
    )

    (gauge,) = deliveries.gauges(connection, now + HOUR)

    assert (gauge.pending, gauge.oldest_due_seconds) == (2, 3600.0)


@ON_SQLITE
def test_no_row_is_read_for_them(connection: sa.Connection, now: datetime) -> None:
    plan = plan_of(connection, lambda: deliveries.gauges(connection, now))

    assert plan
    assert all("USING COVERING INDEX" in step for step in plan)
