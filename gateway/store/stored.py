"""Rows as they are stored, the same from either engine, in the order of their keys."""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from gateway.store.statements import insert, is_shared
from gateway.store.tables import duties, locks, metadata, pulse

Row = Sequence[Any]
"""A row's values, in the order of its table's columns."""

# What gateways agree on while they run says nothing once none does.
_OF_THE_MOMENT = {locks.name, duties.name, pulse.name}
# Rows that are in memory at a time while a table is read; a webhook's body can have megabytes.
_FETCHED = 50


def _plain(table: sa.Table, into: sa.MetaData) -> sa.Table:
    """The table with the types that the engines know: nothing is made of what is stored."""
    columns = (
        sa.Column(each.name, _stored_as(each), primary_key=each.primary_key)
        for each in table.columns
    )
    return sa.Table(table.name, into, *columns)


def _stored_as(column: sa.Column[Any]) -> sa.types.TypeEngine[Any]:
    kind = column.type
    return kind.impl_instance if isinstance(kind, sa.TypeDecorator) else kind


_plain_metadata = sa.MetaData()
TABLES = tuple(
    _plain(table, _plain_metadata)
    for table in metadata.sorted_tables
    if table.name not in _OF_THE_MOMENT
)
"""All that a store remembers; one that others refer to comes before them."""


def rows(connection: sa.Connection, table: sa.Table, *, after: Row | None = None) -> Iterator[Row]:
    """Its rows in the order of their keys, beyond that key where one is given.

    They are read a few at a time, from one moment, and never held all together.
    """
    keys = _keys(connection, table)
    query = sa.select(table).order_by(*keys)
    if after is not None:
        query = query.where(sa.tuple_(*keys) > sa.tuple_(*after))
    found = connection.execute(query.execution_options(yield_per=_FETCHED))
    try:
        for row in found:
            yield tuple(row)
    finally:
        found.close()


def count(connection: sa.Connection, table: sa.Table) -> int:
    """How many rows it has."""
    query = sa.select(sa.func.count()).select_from(table)
    return int(connection.execute(query).scalar_one())


def last_key(connection: sa.Connection, table: sa.Table) -> Row | None:
    """The key that comes last; None where there is none."""
    latest_first = [key.desc() for key in _keys(connection, table)]
    query = sa.select(*table.primary_key.columns).order_by(*latest_first).limit(1)
    found = connection.execute(query).one_or_none()
    return None if found is None else tuple(found)


def add(connection: sa.Connection, table: sa.Table, some: Sequence[Row]) -> None:
    """Stores the rows; one whose key is there is left as it is."""
    names = table.columns.keys()
    values = [dict(zip(names, row, strict=True)) for row in some]
    connection.execute(insert(connection.dialect.name, table).on_conflict_do_nothing(), values)


def _keys(connection: sa.Connection, table: sa.Table) -> list[sa.ColumnElement[Any]]:
    """A server sorts text as its language does, SQLite by its bytes: here both do the latter."""
    shared = is_shared(connection)
    return [
        sa.collate(key, "C") if shared and isinstance(key.type, sa.Text) else key
        for key in table.primary_key.columns
    ]
