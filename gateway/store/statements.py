"""Statements that the dialects spell differently, and lists cut to what an engine takes.

A statement is made once where it can be, at import or under a cache: making one takes the library
longer than the engine takes to execute it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cache
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


def insert(dialect: str, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ON CONFLICT, for the dialect of that name."""
    return _INSERT[dialect](table)


def upsert(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Writes the rows; one that stands already, by id or else by primary key, is written over."""
    if rows:
        connection.execute(_upsert(connection.dialect.name, table, tuple(rows[0])), list(rows))


@cache
def _upsert(dialect: str, table: sa.Table, columns: tuple[str, ...]) -> sa.Insert:
    names = ["id"] if "seq" in table.c else [column.name for column in table.primary_key]
    statement = insert(dialect, table)
    changed = {name: statement.excluded[name] for name in columns if name not in names}
    return statement.on_conflict_do_update(index_elements=names, set_=changed)


def at_most(number: int) -> sa.ColumnElement[Any]:
    """A LIMIT that stands in the statement: where it is bound, SQLite prepares each time anew."""
    return sa.literal_column(str(number))


def these(column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Whether the column is one of the values that `rows_of` asks for."""
    return column.in_(sa.bindparam("these", expanding=True))


def unindexed(column: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """A text column beside a list of ids, for conditions that many rows meet.

    Without statistics SQLite holds any index for one that leads to a few rows, and walks all that
    are `pending` rather than look up the ids. An expression has no index.
    """
    return column.concat(sa.literal_column("''"))


def rows_of(
    connection: sa.Connection, query: sa.Select[Any], values: Iterable[Any], **others: Any
) -> Iterator[sa.Row[Any]]:
    """The rows of a query over `these`, however many values there are."""
    for some in chunks(values):
        yield from connection.execute(query, {"these": some, **others})


def fields_of(row: Any) -> dict[str, Any]:
    """The fields of a dataclass by name, as they are: `asdict` would copy each of them."""
    return {each.name: getattr(row, each.name) for each in fields(row)}


def chunks(values: Iterable[T]) -> Iterator[list[T]]:
    """The distinct values, in order, in lists short enough for one IN."""
    rest = iter(dict.fromkeys(values))
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk
