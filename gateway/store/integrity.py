"""What SQLite finds wrong with its own file."""

from collections import Counter
from collections.abc import Iterator

import sqlalchemy as sa

from gateway.store.layout import dangles


def damaged(connection: sa.Connection) -> Iterator[str]:
    """Where the file is no sound database; SQLite says at most a hundred such places."""
    for row in connection.exec_driver_sql("PRAGMA integrity_check"):
        if row[0] != "ok":
            yield " ".join(str(row[0]).split())


def dangling(connection: sa.Connection) -> Iterator[str]:
    """Which tables refer to rows that are not there."""
    found = connection.exec_driver_sql("PRAGMA foreign_key_check")
    for (child, parent), number in Counter((row[0], row[2]) for row in found).items():
        yield dangles(child, parent, number)
