from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.model.alert import Alert, Beyond
from gateway.store import alerts, holdings, listing


def keys(alert: Alert) -> list[str]:
    return [entry.key for entry in alert.entries]


def test_an_alert_comes_back_whole(connection: sa.Connection, make: Any) -> None:
    alert = make.alert("alr_1", make.entry("a"), make.entry("b", severity="critical"))

    make.save(connection, alert)

    assert alerts.by_key(connection, [alert.key, "unknown"], keys(alert)) == [alert]
    assert alerts.by_id(connection, ["alr_1", "unknown"]) == {"alr_1": alert}


def test_only_the_given_entries_are_written(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    kept, fixed = make.entry("a"), make.entry("b")
    make.save(connection, make.alert("alr_1", kept, fixed))
    fixed, joined = replace(fixed, fixed=2), make.entry("c", opened=2)
    alert = make.alert("alr_1", kept, fixed, joined, revision=2)

    alerts.save(connection, [alert], entries={"alr_1": [fixed, joined]}, now=now)

    assert alerts.by_key(connection, [alert.key], keys(alert)) == [alert]
    shown = listing.alert(connection, "alr_1")
    assert shown is not None
    assert (shown["open_count"], shown["fixed_count"], shown["revision"]) == (2, 1, 2)


def test_alerts_that_hold_an_open_finding_come_with_it_and_count_the_others(
    connection: sa.Connection, make: Any
) -> None:
    first = make.alert("alr_1", make.entry("a"), make.entry("b"))
    second = make.alert("alr_2", make.entry("a"), route="other")
    fixed = make.alert("alr_3", make.entry("a", fixed=2), make.entry("c"), revision=2)
    make.save(connection, first, second, fixed)

    found = alerts.holding(connection, ["a", "unknown"])

    others = replace(first, entries=first.entries[:1], beyond=Beyond(open=1))
    assert sorted(found, key=lambda alert: alert.id) == [others, second]


def test_a_resolved_alert_holds_nothing_and_has_no_key(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    alert = make.alert("alr_1", make.entry("a"), status="resolved", resolved_at=now)

    make.save(connection, alert)

    assert alerts.holding(connection, ["a"]) == []
    assert alerts.by_key(connection, [alert.key], keys(alert)) == []
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

    assert alerts.by_key(connection, ["same"], keys(successor)) == [successor]


def test_two_open_alerts_under_one_key_are_refused(connection: sa.Connection, make: Any) -> None:
    make.save(connection, make.alert("alr_1", key="same"))

    with pytest.raises(sa.exc.IntegrityError):
        make.save(connection, make.alert("alr_2", key="same"))


def test_long_lists_are_no_trouble(connection: sa.Connection, make: Any) -> None:
    entries = [make.entry(f"finding-{number}") for number in range(2_500)]
    alert = make.alert("alr_1", *entries)

    make.save(connection, alert)

    assert len(alerts.holding(connection, [entry.key for entry in entries])) == 1


@pytest.fixture
def storm(connection: sa.Connection, make: Any) -> Alert:
    """An alert that holds more than is looked at: every tenth finding is critical."""
    entries = [
        make.entry(f"f-{number:04}", severity="low" if number % 10 else "critical")
        for number in range(holdings.MOST + 500)
    ]
    alert: Alert = make.alert("alr_1", *entries)
    make.save(connection, alert)
    return alert


def test_of_a_storm_the_worst_are_told_and_the_others_counted(
    connection: sa.Connection, storm: Alert
) -> None:
    told = alerts.to_tell(connection, {"alr_1": 0})["alr_1"]

    severities = [entry.finding.severity for entry in told.open_entries]
    assert severities.count("critical") == 150
    assert len(severities) + told.beyond.open == len(storm.entries)
    assert told.beyond.by_rank[1] == 1350 - severities.count("low")
    assert told.beyond.by_rank[4] == 0
    assert told.beyond.new == told.beyond.open


def test_of_a_storm_the_news_are_told_to_who_knows_the_rest(
    connection: sa.Connection, storm: Alert, make: Any, now: datetime
) -> None:
    joined, fixed = make.entry("g", severity="low", opened=2), replace(storm.entries[1], fixed=2)
    after = replace(storm, revision=2, entries=(*storm.entries[:1], fixed, joined))
    after = replace(after, beyond=Beyond(open=len(storm.entries) - 2))
    alerts.save(connection, [after], entries={"alr_1": [joined, fixed]}, now=now)

    told = alerts.to_tell(connection, {"alr_1": 1})["alr_1"]

    assert [each.key for each in told.entries if each.is_news(1, 2)] == ["g"]
    assert [each.key for each in told.entries if each.fixed] == [fixed.key]
    assert (told.beyond.new, told.beyond.gone) == (0, 0)


def test_what_an_event_changes_keeps_the_counts_and_the_worst_of_a_storm(
    connection: sa.Connection, storm: Alert, now: datetime
) -> None:
    (known,) = alerts.by_key(connection, [storm.key], [storm.entries[0].key])
    fixed = replace(known.entries[0], fixed=2)

    after = replace(known, revision=2, entries=(fixed,))
    alerts.save(connection, [after], entries={"alr_1": [fixed]}, now=now)

    shown = listing.alert(connection, "alr_1")
    assert shown is not None
    assert (shown["open_count"], shown["fixed_count"]) == (len(storm.entries) - 1, 1)
    assert shown["severity"] == "critical"
