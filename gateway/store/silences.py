"""Silences that were made at run time."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from gateway.store.tables import silences


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSilence:
    """A silence as it is written down; its matchers are text."""

    id: str
    matchers: tuple[str, ...]
    starts: datetime | None
    until: datetime
    owner: str
    reason: str


def add(connection: sa.Connection, silence: StoredSilence, now: datetime) -> None:
    """Writes a new silence."""
    values = {name: getattr(silence, name) for name in StoredSilence.__slots__}
    connection.execute(silences.insert().values(**values, created_at=now))


def expire(connection: sa.Connection, silence_id: str, now: datetime) -> bool:
    """Whether there is such a silence; it has ended from now on, if it had not before."""
    this = sa.literal(now, silences.c.until.type)
    which = sa.update(silences).where(silences.c.id == silence_id)
    values = {
        "until": sa.case((silences.c.until > now, this), else_=silences.c.until),
        # One that has not begun must not seem to end before it begins.
        "starts": sa.case((silences.c.starts > now, this), else_=silences.c.starts),
    }
    return connection.execute(which.values(values)).rowcount > 0


def unended(connection: sa.Connection, now: datetime) -> list[StoredSilence]:
    """The silences that are in force, or will be."""
    return [
        StoredSilence(**{name: getattr(row, name) for name in StoredSilence.__slots__})
        for row in connection.execute(_UNENDED, {"now": now})
    ]


_UNENDED = (
    sa.select(silences).where(silences.c.until > sa.bindparam("now")).order_by(silences.c.seq)
)
