"""The last change to each finding: what makes an older one stale."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa

from gateway.model.history import FindingChange
from gateway.store.statements import chunks, upsert
from gateway.store.tables import findings


def last_changes(connection: sa.Connection, keys: Iterable[str]) -> dict[str, FindingChange]:
    """The last change to each of these findings, by key; unknown ones are left out."""
    found: dict[str, FindingChange] = {}
    for some in chunks(keys):
        query = sa.select(findings).where(findings.c.key.in_(some))
        for row in connection.execute(query).mappings():
            found[row["key"]] = FindingChange(**row)
    return found


def change(connection: sa.Connection, rows: Sequence[FindingChange]) -> None:
    """Makes each of these the last change to its finding."""
    upsert(connection, findings, [asdict(row) for row in rows])


def close(connection: sa.Connection, keys: Iterable[str], now: datetime) -> None:
    """Notes that these were closed without a fix; their next change lifts that."""
    for some in chunks(keys):
        connection.execute(
            sa.update(findings).where(findings.c.key.in_(some)).values(closed_at=now)
        )
