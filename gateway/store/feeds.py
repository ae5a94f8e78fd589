"""When each source, organisation and project was last heard of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import sqlalchemy as sa

from gateway.model.event import Event
from gateway.store.statements import insert, is_shared
from gateway.store.tables import feeds, projects

_RECENT = timedelta(minutes=1)

Key = tuple[str, ...]
"""The primary key of a row without the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """The snapshots of one organisation; without an organisation, of the source as such."""

    source: str
    org_id: str
    seen_at: datetime


def seen(connection: sa.Connection, *snapshots: Event) -> None:
    """Notes that these snapshots came."""
    heard: dict[Key, datetime] = {}
    tested: dict[Key, datetime] = {}
    for event in snapshots:
        at, project = event.received_at, (event.source, event.org.id, event.project.id)
        for feed in ((event.source, ""), (event.source, event.org.id)):
            heard[feed] = max(at, heard.get(feed, at))
        tested[project] = max(at, tested.get(project, at))
    recent = {feed for feed, at in heard.items() if _is_recent(connection, feed, at)}
    _note(connection, feeds, {feed: at for feed, at in heard.items() if feed not in recent})
    _note(connection, projects, tested)


def expect(connection: sa.Connection, source: str, now: datetime) -> None:
    """Begins to wait for a source's first snapshot; one that was heard of stays as it is."""
    statement = insert(connection.dialect.name, feeds).values(source=source, org_id="", seen_at=now)
    connection.execute(statement.on_conflict_do_nothing())


def silent(connection: sa.Connection, source: str, before: datetime) -> list[Feed]:
    """The source's feeds that were last heard of before then."""
    query = sa.select(feeds).where(feeds.c.source == source, feeds.c.seen_at < before)
    return [
        Feed(source=row.source, org_id=row.org_id, seen_at=row.seen_at)
        for row in connection.execute(query)
    ]


def unseen_projects(
    connection: sa.Connection, source: str, before: datetime, limit: int
) -> list[tuple[str, str]]:
    """Organisation and project ids of what was last tested before then."""
    query = (
        sa.select(projects.c.org_id, projects.c.project_id)
        .where(projects.c.source == source, projects.c.seen_at < before)
        .order_by(projects.c.seen_at)
        .limit(limit)
    )
    return [(row.org_id, row.project_id) for row in connection.execute(query)]


def forget_project(connection: sa.Connection, source: str, org_id: str, project_id: str) -> None:
    """Forgets a project that is gone; its next snapshot makes it known again."""
    connection.execute(
        sa.delete(projects).where(
            projects.c.source == source,
            projects.c.org_id == org_id,
            projects.c.project_id == project_id,
        )
    )


def _is_recent(connection: sa.Connection, feed: Key, at: datetime) -> bool:
    """Whether a feed's last snapshot need not be noted anew, for those who wait for hours.

    Where replicas share the database, all that dispatch would wait for each other at this one row.
    """
    if not is_shared(connection):
        return False
    source, org_id = feed
    noted = sa.select(feeds.c.seen_at).where(feeds.c.source == source, feeds.c.org_id == org_id)
    seen_at: datetime | None = connection.execute(noted).scalar_one_or_none()
    return seen_at is not None and at - seen_at < _RECENT


def _note(connection: sa.Connection, table: sa.Table, seen: Mapping[Key, datetime]) -> None:
    """Writes down when each was seen last; in one order, so that two do not block each other."""
    names = [column.name for column in table.primary_key]
    rows = [dict(zip(names, key, strict=True), seen_at=at) for key, at in sorted(seen.items())]
    if rows:
        connection.execute(_later(connection.dialect.name, table), rows)


@cache
def _later(dialect: str, table: sa.Table) -> sa.Insert:
    statement = insert(dialect, table)
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key),
        set_={"seen_at": statement.excluded.seen_at},
        where=table.c.seen_at < statement.excluded.seen_at,
    )
