from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.store import alerts, reminders, tables

HOUR = timedelta(hours=1)


def planned(connection: sa.Connection) -> datetime | None:
    found: datetime | None = connection.execute(sa.select(tables.alerts.c.remind_at)).scalar_one()
    return found


@pytest.mark.parametrize(
    ("told", "before", "repeat", "after"),
    [
        (-1, None, 4, 3),  # new: so long after the last notice
        (-9, None, 4, 4),  # new, and that would have been long ago
        (-1, 9, 4, 3),  # sooner than before
        (-1, 1, 4, 3),  # later than before
        (-1, 3, 4, 3),  # as before
        (-9, 3, 4, 3),  # planned at an earlier change, when that was long ago
        (-9, -1, 4, -1),  # overdue, for the gateway was down
        (2, None, 4, 6),  # the first notice is still to come
    ],
)
def test_a_reminder_is_planned_by_the_rules_of_now(
    connection: sa.Connection,
    make: Any,
    now: datetime,
    *,
    told: int,
    before: int | None,
    repeat: int,
    after: int,
) -> None:
    before_at = None if before is None else now + before * HOUR
    make.save(connection, make.alert(flush_at=now + told * HOUR, remind_at=before_at))

    for _ in range(2):
        reminders.plan(connection, {"root": repeat * HOUR, "other": 9 * HOUR}, now)

    assert planned(connection) == now + after * HOUR


def test_of_a_route_that_reminds_no_more_nothing_is_planned(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.save(connection, make.alert(flush_at=now, remind_at=now + HOUR))

    reminders.plan(connection, {"other": HOUR}, now)

    assert planned(connection) is None


def test_a_resolved_alert_is_not_reminded_of(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.save(connection, make.alert(status="resolved", resolved_at=now, flush_at=now))

    reminders.plan(connection, {"root": HOUR}, now)

    assert alerts.next_reminder(connection) is None
