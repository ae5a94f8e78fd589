"""The lanes of a sink, such as its channels: each is told at a rate of its own."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from gateway.model.rate import Rate
from gateway.store import locks
from gateway.store.statements import insert
from gateway.store.tables import lanes


def enter(
    connection: sa.Connection, sink: str, lane: str, rate: Rate | None, now: datetime
) -> bool:
    """Whether the lane may be told now; if so it waits for its next turn from here on."""
    locks.take(connection, locks.of_sink(sink))
    is_free = lane not in waiting(connection, sink, now)
    if is_free and rate is not None:
        over = (lanes.c.sink == sink, lanes.c.free_at <= now)
        connection.execute(sa.delete(lanes).where(*over))
        leave_alone(connection, sink, lane, now + timedelta(seconds=1 / rate.per_second))
    return is_free


def waiting(connection: sa.Connection, sink: str, now: datetime) -> dict[str, datetime]:
    """Until when each of the sink's lanes waits that does."""
    still = sa.select(lanes).where(lanes.c.sink == sink, lanes.c.free_at > now)
    return {row.lane: row.free_at for row in connection.execute(still)}


def leave_alone(connection: sa.Connection, sink: str, lane: str, until: datetime) -> None:
    """The lane waits until then, or longer where it waits already."""
    statement = insert(connection.dialect.name, lanes).values(sink=sink, lane=lane, free_at=until)
    later = statement.excluded.free_at
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["sink", "lane"],
            set_={"free_at": later},
            where=lanes.c.free_at < later,
        )
    )
