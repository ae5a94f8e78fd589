from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from gateway.model.history import FindingChange
from gateway.store import findings


def _change(key: str, now: datetime) -> FindingChange:
    return FindingChange(
        key=key,
        source="snyk",
        org_id="org-1",
        project_id="project-1",
        issue_id="SNYK-1",
        package="left-pad",
        change="new",
        tested_at=now,
        changed_at=now,
        event_id="evt_1",
    )


def test_unknown_findings_are_left_out(connection: sa.Connection, now: datetime) -> None:
    findings.change(connection, [_change("a", now)])

    assert findings.last_changes(connection, ["a", "b"]) == {"a": _change("a", now)}


def test_a_later_change_takes_the_place_of_an_earlier_one(
    connection: sa.Connection, now: datetime
) -> None:
    findings.change(connection, [_change("a", now)])
    later = replace(
        _change("a", now + timedelta(hours=1)), change="removed", tested_at=None, event_id="evt_2"
    )

    findings.change(connection, [later])

    assert findings.last_changes(connection, ["a"]) == {"a": later}


def test_long_lists_are_no_trouble(connection: sa.Connection, now: datetime) -> None:
    keys = [f"key-{number}" for number in range(5_000)]

    findings.change(connection, [_change(key, now) for key in keys])
    findings.change(connection, [])

    assert findings.last_changes(connection, keys).keys() == set(keys)
    assert findings.last_changes(connection, []) == {}
