"""When each source, organisation and project was last heard of."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from gateway.model.event import Event
from gateway.store.statements import insert, is_shared
from gateway.store.tables import feeds, projects

_RECENT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """The snapshots of one organisation; without an organisation, of the source as such."""

    source: str
    org_id: str
    seen_at: datetime


def seen(connection: sa.Connection, event: Event) -> None:
    """Notes that a snapshot came."""
    at = event.received_at
    for org_id in sorted({"", event.org.id}):
        if not _is_recent(connection, event.source, org_id, at):
            _latest(connection, feeds, at, source=event.source, org_id=org_id)
    _latest(
        connection,
        projects,
        at,
        source=event.source,
        org_id=event.org.id,
        project_id=event.project.id,
    )


def expect(connection: sa.Connection, source: str, now: datetime) -> None:
    """Begins to wait for a source's first snapshot; one that was heard of stays as it is."""
    statement = insert(connection, feeds).values(source=source, org_id="", seen_at=now)
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


def _is_recent(connection: sa.Connection, source: str, org_id: str, at: datetime) -> bool:
    """Whether a feed's last snapshot need not be noted anew, for those who wait for hours.

    Where replicas share the database, all that dispatch would wait for each other at this one row.
    """
    if not is_shared(connection):
        return False
    noted = sa.select(feeds.c.seen_at).where(feeds.c.source == source, feeds.c.org_id == org_id)
    seen_at: datetime | None = connection.execute(noted).scalar_one_or_none()
    return seen_at is not None and at - seen_at < _RECENT


def _latest(connection: sa.Connection, table: sa.Table, at: datetime, **key: str) -> None:
    statement = insert(connection, table).values(**key, seen_at=at)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=list(key),
            set_={"seen_at": statement.excluded.seen_at},
            where=table.c.seen_at < statement.excluded.seen_at,
        )
    )
