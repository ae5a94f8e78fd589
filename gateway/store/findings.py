"""The last change to each finding: what makes an older one stale."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from gateway.model.history import FindingChange
from gateway.store.statements import chunks, fields_of, rows_of, these, upsert
from gateway.store.tables import findings

_BY_KEY = sa.select(findings).where(these(findings.c.key))


def last_changes(connection: sa.Connection, keys: Iterable[str]) -> dict[str, FindingChange]:
    """The last change to each of these findings, by key; unknown ones are left out."""
    found = rows_of(connection, _BY_KEY, keys)
    return {row.key: FindingChange(**row._asdict()) for row in found}


def change(connection: sa.Connection, rows: Sequence[FindingChange]) -> None:
    """Makes each of these the last change to its finding."""
    upsert(connection, findings, [fields_of(row) for row in rows])


def close(connection: sa.Connection, keys: Iterable[str], now: datetime) -> None:
    """Notes that these were closed without a fix; their next change lifts that."""
    for some in chunks(keys):
        connection.execute(
            sa.update(findings).where(findings.c.key.in_(some)).values(closed_at=now)
        )
