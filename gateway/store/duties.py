"""Who does what only one replica is to do at a time."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from gateway.store import clock
from gateway.store.statements import insert, is_shared
from gateway.store.tables import duties


def take(
    connection: sa.Connection, duty: str, holder: str, lease: timedelta, now: datetime
) -> bool:
    """Whether the duty is the holder's from now on until the lease ends, unless it is renewed."""
    if not is_shared(connection):
        return True
    now = clock.now(connection, now)
    taken = insert(connection.dialect.name, duties).values(
        name=duty, holder=holder, until=now + lease
    )
    taken = taken.on_conflict_do_update(
        index_elements=["name"],
        set_={"holder": taken.excluded.holder, "until": taken.excluded.until},
        where=sa.or_(duties.c.holder == holder, duties.c.until <= now),
    )
    return connection.execute(taken.returning(duties.c.name)).first() is not None


def leave(connection: sa.Connection, holder: str) -> None:
    """Leaves all its duties to the others, who need not wait for the leases to end."""
    connection.execute(sa.delete(duties).where(duties.c.holder == holder))


def held(connection: sa.Connection, now: datetime) -> timedelta:
    """How much longer a replica has any duty in hand; zero where none has: no gateway runs."""
    latest = connection.execute(sa.select(sa.func.max(duties.c.until))).scalar()
    left = latest - clock.now(connection, now) if latest else timedelta()
    return max(left, timedelta())
