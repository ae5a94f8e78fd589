"""Statements that the dialects spell differently, and lists cut to what an engine takes."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")
Row = Mapping[str, Any]

_INSERT: Mapping[str, Callable[[sa.Table], sqlite.Insert | postgresql.Insert]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}
# SQLite before 3.32 took 999 variables in one statement, and Debian's builds may still.
_CHUNK = 900


def is_shared(connection: sa.Connection) -> bool:
    """Whether other processes may use the database too: SQLite's file is one process's own."""
    return connection.dialect.name != "sqlite"


def insert(connection: sa.Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ON CONFLICT."""
    return _INSERT[connection.dialect.name](table)


def upsert(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Writes the rows; one that stands already, by id or else by primary key, is written over."""
    if not rows:
        return
    names = ["id"] if "seq" in table.c else [column.name for column in table.primary_key]
    statement = insert(connection, table)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in names}
    connection.execute(
        statement.on_conflict_do_update(index_elements=names, set_=changed), list(rows)
    )


def chunks(values: Iterable[T]) -> Iterator[list[T]]:
    """The distinct values, in order, in lists short enough for one IN."""
    rest = iter(dict.fromkeys(values))
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk
