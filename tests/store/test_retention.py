from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.model.delivery import Settlement
from gateway.model.history import FindingChange
from gateway.store import deliveries, events, findings, listing
from gateway.store.retention import PRUNES, forget_events
from gateway.store.tables import metadata
from tests.store.conftest import a_try, take_due, undispatched

MONTH = timedelta(days=30)


@pytest.fixture
def later(now: datetime) -> datetime:
    """A moment from which everything that ended at `now` is long past."""
    return now + MONTH


def prune(connection: sa.Connection, before: datetime) -> None:
    for each in PRUNES:
        while each(connection, before):
            pass


def rows(connection: sa.Connection) -> dict[str, int]:
    """How many rows each table has that has any."""
    counted = {
        table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        for table in metadata.sorted_tables
    }
    return {name: number for name, number in counted.items() if number}


def deliver(connection: sa.Connection, make: Any, now: datetime) -> None:
    """A delivery of alr_1 that was claimed, tried and ended."""
    make.owe(connection, "dlv_1")
    take_due(connection, "slack", now=now, claim="c", lease_until=now + MONTH, limit=9)
    attempt = a_try(now, outcome="delivered", reason="delivered", status=200)
    done = Settlement(delivery_id="dlv_1", claim="c", state="delivered", reason="", attempt=attempt)
    deliveries.settle(connection, [done], now)


def test_what_ended_long_ago_is_forgotten_wholly(
    connection: sa.Connection, make: Any, now: datetime, later: datetime
) -> None:
    fixed = make.entry("f1", fixed=2)
    make.save(connection, make.alert("alr_1", fixed, status="resolved", resolved_at=now))
    deliver(connection, make, now)

    prune(connection, later)

    assert rows(connection) == {}


def test_what_ended_later_stays(connection: sa.Connection, make: Any, now: datetime) -> None:
    fixed = make.entry("f1", fixed=2)
    make.save(connection, make.alert("alr_1", fixed, status="resolved", resolved_at=now))
    deliver(connection, make, now)
    before = rows(connection)

    prune(connection, now)

    assert rows(connection) == before


def test_open_alert_keeps_its_findings_its_event_and_what_was_told(
    connection: sa.Connection, make: Any, now: datetime, later: datetime
) -> None:
    make.save(connection, make.alert("alr_1"))
    deliver(connection, make, now)

    prune(connection, later)

    assert rows(connection).keys() == {"alerts", "entries", "events", "bodies", "told"}


def test_unfinished_delivery_keeps_its_alert_and_the_body(
    connection: sa.Connection, make: Any, now: datetime, later: datetime
) -> None:
    fixed = make.entry("f1", fixed=2)
    make.save(connection, make.alert("alr_1", fixed, status="resolved", resolved_at=now))
    make.owe(connection, "dlv_1")

    prune(connection, later)

    assert listing.delivery(connection, "dlv_1") is not None
    assert events.body(connection, "evt_1")


def test_event_that_waits_for_dispatch_stays_however_old(
    connection: sa.Connection, make: Any, later: datetime
) -> None:
    events.add(connection, [make.arrival("evt_1")])

    prune(connection, later)

    assert undispatched(connection) == 1


def test_body_is_no_duplicate_any_more_once_it_was_forgotten(
    connection: sa.Connection, make: Any, later: datetime
) -> None:
    events.add(connection, [make.arrival("evt_1", dedup=b"same")])
    events.finish(connection, make.event("evt_1"))

    prune(connection, later)

    (again,) = events.add(connection, [make.arrival("evt_2", dedup=b"same")])
    assert not again.duplicate


@pytest.mark.parametrize(("fixed", "left"), [(None, 1), (2, 0)])
def test_last_change_of_a_finding_is_kept_while_it_is_open(
    connection: sa.Connection, make: Any, now: datetime, fixed: int | None, left: int
) -> None:
    """Without it, late news of an open finding would pass for fresh."""
    make.save(connection, make.alert("alr_1", make.entry("f1", fixed=fixed)))
    change = FindingChange(
        key="f1",
        source="snyk",
        org_id="o",
        project_id="p",
        issue_id="i",
        package="k",
        change="new",
        tested_at=now,
        changed_at=now,
        event_id="evt_1",
    )
    findings.change(connection, [change])

    prune(connection, now + MONTH)

    assert len(findings.last_changes(connection, ["f1"])) == left


def test_each_transaction_is_small(connection: sa.Connection, make: Any, later: datetime) -> None:
    ids = [f"evt_{number}" for number in range(450)]
    events.add(connection, [make.arrival(id_) for id_ in ids])
    for id_ in ids:
        events.finish(connection, make.event(id_))

    forgotten = [forget_events(connection, later) for _ in range(4)]

    assert forgotten == [200, 200, 50, 0]
