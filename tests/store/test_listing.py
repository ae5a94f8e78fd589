from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from gateway import codec
from gateway.store import events, listing
from tests.store.conftest import NOW, take_due


def walk(connection: sa.Connection, limit: int, **filters: Any) -> list[str]:
    """Ids over all pages."""
    ids: list[str] = []
    cursor = None
    while True:
        page = listing.events(connection, limit=limit, cursor=cursor, **filters)
        ids += [item["id"] for item in page.items]
        cursor = page.next
        if cursor is None:
            return ids


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8, 100])
def test_pages_are_newest_first_and_leave_nothing_out(
    connection: sa.Connection, make: Any, limit: int
) -> None:
    events.add(connection, [make.arrival(id_) for id_ in "gacbfed"])

    assert walk(connection, limit) == list("defbcag")


def test_the_last_page_says_so(connection: sa.Connection, make: Any) -> None:
    events.add(connection, [make.arrival("a"), make.arrival("b")])

    assert listing.events(connection, limit=1).next == "b"
    assert listing.events(connection, limit=2).next is None
    assert listing.events(connection, limit=1, cursor="a").items == []


def test_what_arrives_meanwhile_does_not_shift_the_next_page(
    connection: sa.Connection, make: Any
) -> None:
    events.add(connection, [make.arrival("a"), make.arrival("b")])
    cursor = listing.events(connection, limit=1).next
    events.add(connection, [make.arrival("c")])

    page = listing.events(connection, limit=1, cursor=cursor)

    assert [item["id"] for item in page.items] == ["a"]


def test_a_page_has_a_thousand_rows_at_most(connection: sa.Connection, make: Any) -> None:
    events.add(connection, [make.arrival(f"evt_{number}") for number in range(1_001)])

    assert len(listing.events(connection, limit=10_000).items) == 1_000
    assert len(listing.events(connection, limit=-1).items) == 1


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ({"source": "other"}, ["c"]),
        ({"type": "ping"}, ["b"]),
        ({"status": "unreadable"}, ["c"]),
        ({"project": "project-2"}, ["b"]),
        ({"project": "acme/shop:package.json"}, ["c", "a"]),
        ({"source": "snyk", "type": "ping"}, ["b"]),
        ({"source": "nobody"}, []),
        ({"status": "no such status"}, []),
    ],
)
def test_events_are_filtered(
    connection: sa.Connection, make: Any, filters: dict[str, str], ids: list[str]
) -> None:
    other = {"project_id": "project-2", "project_name": "acme/else"}
    arrivals = [
        make.arrival("a"),
        make.arrival("b", type="ping", **other),
        make.arrival("c", source="other", status="unreadable"),
    ]
    events.add(connection, arrivals)

    assert walk(connection, 2, **filters) == ids


def test_an_event_shows_what_is_known_of_it(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    events.add(connection, [make.arrival("a", body=b"12345", unreadable_issues=2)])
    events.begin(connection, 1, now=NOW)

    assert listing.event(connection, "a") == {
        "id": "a",
        "source": "snyk",
        "type": "project_snapshot",
        "version": "v0",
        "status": "pending",
        "transport_id": "transport-a",
        "received_at": now,
        "project": {"id": "project-1", "name": "acme/shop:package.json"},
        "org": {"id": "org-1"},
        "new_count": 1,
        "removed_count": 0,
        "unreadable_issues": 2,
        "tries": 1,
        "error": "",
        "bytes": 5,
    }


def test_an_alert_shows_its_findings_and_deliveries(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    entries = [make.entry("a", severity="low"), make.entry("b", severity="critical", fixed=2)]
    make.save(connection, make.alert("alr_1", *entries, revision=2))
    make.owe(connection, "dlv_1", revision=2)

    item = listing.alert(connection, "alr_1")

    assert item is not None
    findings, owed = item.pop("findings"), item.pop("deliveries")
    assert item == {
        "id": "alr_1",
        "key": "key-of-alr_1",
        "status": "open",
        "route": "root",
        "group": ["evt_1"],
        "sinks": ["slack", "oncall"],
        "severity": "low",
        "open_count": 1,
        "fixed_count": 1,
        "revision": 2,
        "opened_at": now,
        "updated_at": now,
        "resolved_at": None,
        "labels": {},
        "rollup": False,
        "ended": "",
        "muted_by": "",
        "event": "evt_1",
        "project": {"id": "project-1", "name": "acme/shop:package.json"},
    }
    shown = {"package": "left-pad", "title": "Bad", "event": "evt_1"}
    assert findings == [
        {"id": "SNYK-a", "severity": "low", "status": "open", **shown},
        {"id": "SNYK-b", "severity": "critical", "status": "fixed", **shown},
    ]
    assert [delivery["id"] for delivery in owed] == ["dlv_1"]


def test_a_resolved_alert_shows_the_worst_that_was_fixed(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    entry = make.entry("a", severity="critical", fixed=2)
    make.save(connection, make.alert("alr_1", entry, status="resolved", resolved_at=now))

    item = listing.alert(connection, "alr_1")

    assert item is not None
    assert (item["severity"], item["open_count"], item["resolved_at"]) == ("critical", 0, now)


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ({}, ["alr_2", "alr_1"]),
        ({"status": "open"}, ["alr_1"]),
        ({"status": "ajar"}, []),
        ({"route": "paging"}, ["alr_2"]),
        ({"project": "project-1"}, ["alr_2", "alr_1"]),
        ({"project": "project-2"}, []),
    ],
)
def test_alerts_are_filtered(
    connection: sa.Connection, make: Any, now: datetime, filters: dict[str, str], ids: list[str]
) -> None:
    resolved = make.alert("alr_2", route="paging", status="resolved", resolved_at=now)
    make.save(connection, make.alert("alr_1"))
    make.save(connection, resolved)

    assert [item["id"] for item in listing.alerts(connection, limit=9, **filters).items] == ids


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ({}, ["dlv_3", "dlv_2", "dlv_1"]),
        ({"status": "sending"}, ["dlv_1"]),
        ({"status": "lost"}, []),
        ({"sink": "oncall"}, ["dlv_3"]),
        ({"alert": "alr_2"}, ["dlv_2"]),
        ({"event": "evt_1", "status": "pending"}, ["dlv_3", "dlv_2"]),
        ({"event": "evt_2"}, []),
    ],
)
def test_deliveries_are_filtered(
    connection: sa.Connection, make: Any, now: datetime, filters: dict[str, str], ids: list[str]
) -> None:
    make.save(connection, make.alert("alr_1"), make.alert("alr_2"))
    make.owe(connection, "dlv_1", severity=4)
    make.owe(connection, "dlv_2", alert_id="alr_2", severity=0)
    make.owe(connection, "dlv_3", sink="oncall")
    lease = now + timedelta(minutes=1)
    take_due(connection, "slack", now=now, claim="clm", lease_until=lease, limit=1)

    assert [item["id"] for item in listing.deliveries(connection, limit=9, **filters).items] == ids


def test_a_delivery_shows_what_is_known_of_it(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.save(connection, make.alert("alr_1"))
    make.owe(connection, "dlv_1", severity=0)

    assert listing.delivery(connection, "dlv_1") == {
        "id": "dlv_1",
        "alert": "alr_1",
        "event": "evt_1",
        "sink": "slack",
        "route": "root",
        "deliver": "alerts",
        "revision": 1,
        "reminder": False,
        "status": "pending",
        "reason": "",
        "muted_by": "",
        "marks": [],
        "tries": 0,
        "severity": "",
        "created_at": now,
        "first_attempt_at": None,
        "next_attempt_at": now,
        "ended_at": None,
        "attempts": [],
    }


@pytest.mark.parametrize("show", [listing.event, listing.alert, listing.delivery])
def test_what_is_unknown_is_none(connection: sa.Connection, show: Any) -> None:
    assert show(connection, "nobody") is None


def test_items_are_ready_for_json(connection: sa.Connection, make: Any) -> None:
    make.save(connection, make.alert("alr_1"))
    make.owe(connection, "dlv_1")

    for item in (
        listing.event(connection, "evt_1"),
        listing.alert(connection, "alr_1"),
        listing.delivery(connection, "dlv_1"),
    ):
        assert codec.decode(codec.encode(item))
