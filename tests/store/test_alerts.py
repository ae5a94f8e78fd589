from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.store import alerts, listing


def test_an_alert_comes_back_whole(connection: sa.Connection, make: Any) -> None:
    alert = make.alert("alr_1", make.entry("a"), make.entry("b", severity="critical"))

    make.save(connection, alert)

    assert alerts.by_key(connection, [alert.key, "unknown"]) == [alert]
    assert alerts.by_id(connection, ["alr_1", "unknown"]) == {"alr_1": alert}


def test_only_the_given_entries_are_written(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    kept, fixed = make.entry("a"), make.entry("b")
    make.save(connection, make.alert("alr_1", kept, fixed))
    fixed, joined = replace(fixed, fixed=2), make.entry("c", opened=2)
    alert = make.alert("alr_1", kept, fixed, joined, revision=2)

    alerts.save(connection, [alert], entries={"alr_1": [fixed, joined]}, now=now)

    assert alerts.by_key(connection, [alert.key]) == [alert]
    shown = listing.alert(connection, "alr_1")
    assert shown is not None
    assert (shown["open_count"], shown["fixed_count"], shown["revision"]) == (2, 1, 2)


def test_alerts_that_hold_an_open_finding_come_with_all_entries(
    connection: sa.Connection, make: Any
) -> None:
    first = make.alert("alr_1", make.entry("a"), make.entry("b"))
    second = make.alert("alr_2", make.entry("a"), route="other")
    fixed = make.alert("alr_3", make.entry("a", fixed=2), make.entry("c"), revision=2)
    make.save(connection, first, second, fixed)

    found = alerts.holding(connection, ["a", "unknown"])

    assert sorted(found, key=lambda alert: alert.id) == [first, second]


def test_a_resolved_alert_holds_nothing_and_has_no_key(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    alert = make.alert("alr_1", make.entry("a"), status="resolved", resolved_at=now)

    make.save(connection, alert)

    assert alerts.holding(connection, ["a"]) == []
    assert alerts.by_key(connection, [alert.key]) == []
    assert alerts.by_id(connection, ["alr_1"]) == {"alr_1": alert}


def test_one_that_resolves_makes_room_for_its_successor(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    old = make.alert("alr_1", make.entry("a"), key="same")
    make.save(connection, old)
    successor = make.alert("alr_2", make.entry("a"), key="same")
    entry = make.entry("a", fixed=2)
    resolved = replace(old, status="resolved", revision=2, resolved_at=now, entries=(entry,))

    alerts.save(
        connection,
        [successor, resolved],
        entries={"alr_1": [entry], "alr_2": successor.entries},
        now=now,
    )

    assert alerts.by_key(connection, ["same"]) == [successor]


def test_two_open_alerts_under_one_key_are_refused(connection: sa.Connection, make: Any) -> None:
    make.save(connection, make.alert("alr_1", key="same"))

    with pytest.raises(sa.exc.IntegrityError):
        make.save(connection, make.alert("alr_2", key="same"))


def test_long_lists_are_no_trouble(connection: sa.Connection, make: Any) -> None:
    entries = [make.entry(f"finding-{number}") for number in range(2_500)]
    alert = make.alert("alr_1", *entries)

    make.save(connection, alert)

    assert len(alerts.holding(connection, [entry.key for entry in entries])) == 1
