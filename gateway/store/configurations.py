"""The last configuration that was accepted: what runs where the files are broken."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from gateway.store.statements import upsert
from gateway.store.tables import configurations


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A configuration's files, packed."""

    digest: str
    accepted_at: datetime
    files: bytes


def accept(connection: sa.Connection, accepted: Accepted) -> None:
    """Keeps this one; the one before it is forgotten."""
    row = {
        "id": 1,
        "digest": accepted.digest,
        "accepted_at": accepted.accepted_at,
        "files": accepted.files,
    }
    upsert(connection, configurations, [row])


def last(connection: sa.Connection) -> Accepted | None:
    """The one that was accepted last; None where none ever was."""
    row = connection.execute(sa.select(configurations)).one_or_none()
    if row is None:
        return None
    return Accepted(digest=row.digest, accepted_at=row.accepted_at, files=row.files)
