from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.store import feeds
from gateway.store.feeds import Feed

HOUR = timedelta(hours=1)


def test_a_feed_is_silent_once_its_last_snapshot_is_old(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    feeds.seen(connection, make.event())

    assert feeds.silent(connection, "snyk", now) == []
    assert feeds.silent(connection, "snyk", now + HOUR) == [
        Feed(source="snyk", org_id="", seen_at=now),
        Feed(source="snyk", org_id="org-1", seen_at=now),
    ]


def test_an_older_snapshot_does_not_turn_time_back(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    feeds.seen(connection, make.event())
    feeds.seen(connection, replace(make.event(), received_at=now - HOUR))

    assert feeds.silent(connection, "snyk", now) == []


def test_a_source_that_never_spoke_is_silent_since_it_is_expected(
    connection: sa.Connection, now: datetime
) -> None:
    feeds.expect(connection, "snyk", now)
    feeds.expect(connection, "snyk", now + HOUR)

    assert feeds.silent(connection, "snyk", now + HOUR) == [
        Feed(source="snyk", org_id="", seen_at=now)
    ]


def test_a_project_is_unseen_until_its_next_snapshot(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    feeds.seen(connection, make.event())

    assert feeds.unseen_projects(connection, "snyk", now + HOUR, 9) == [("org-1", "project-1")]
    feeds.seen(connection, replace(make.event(), received_at=now + HOUR))
    assert feeds.unseen_projects(connection, "snyk", now + HOUR, 9) == []


def test_a_forgotten_project_is_not_unseen(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    feeds.seen(connection, make.event())

    feeds.forget_project(connection, "snyk", "org-1", "project-1")

    assert feeds.unseen_projects(connection, "snyk", now + HOUR, 9) == []


@pytest.mark.parametrize("connection", ["postgresql"], indirect=True)
def test_replicas_note_a_feed_once_a_minute_and_its_projects_each_time(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    for seconds in (0, 59, 60):
        later = now + timedelta(seconds=seconds)
        feeds.seen(connection, replace(make.event(), received_at=later))
        noted = feeds.silent(connection, "snyk", now + HOUR)[0].seen_at
        assert noted == (later if seconds == 60 else now)

    assert feeds.unseen_projects(connection, "snyk", now + timedelta(seconds=60), 9) == []
