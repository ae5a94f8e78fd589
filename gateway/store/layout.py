"""Whether a database is laid out as the tables say, and its rows refer to rows that are there."""

from collections.abc import Iterator

import sqlalchemy as sa

from gateway.store.tables import metadata


def missing(connection: sa.Connection) -> Iterator[str]:
    """Tables, columns, indexes and unique columns that are not there."""
    inspector = sa.inspect(connection)
    there = set(inspector.get_table_names())
    for table in metadata.sorted_tables:
        if table.name not in there:
            yield f"the table {table.name} is missing"
            continue
        yield from _missing_of(inspector, table)


def dangling(connection: sa.Connection) -> Iterator[str]:
    """Which tables refer to rows that are not there: one query for each foreign key."""
    there = set(sa.inspect(connection).get_table_names())
    for table in metadata.sorted_tables:
        for key in sorted(table.foreign_keys, key=lambda each: each.parent.name):
            parent = key.column.table.alias()
            if not {table.name, key.column.table.name} <= there:
                continue
            found = sa.exists().where(parent.c[key.column.name] == key.parent)
            orphans = sa.select(sa.func.count()).select_from(table)
            orphans = orphans.where(key.parent.is_not(None), ~found)
            if number := connection.execute(orphans).scalar_one():
                yield dangles(table.name, key.column.table.name, number)


def dangles(child: str, parent: str, number: int) -> str:
    """A finding in words."""
    rows = "1 row refers" if number == 1 else f"{number} rows refer"
    return f"{child}: {rows} to {parent} that are not there"


def _missing_of(inspector: sa.Inspector, table: sa.Table) -> Iterator[str]:
    name = table.name
    columns = {each["name"] for each in inspector.get_columns(name)}
    for column in table.columns:
        if column.name not in columns:
            yield f"{name}: the column {column.name} is missing"
    indexes = {each["name"] for each in inspector.get_indexes(name)}
    for index in sorted(str(index.name) for index in table.indexes):
        if index not in indexes:
            yield f"{name}: the index {index} is missing"
    unique = {tuple(each["column_names"]) for each in inspector.get_unique_constraints(name)}
    for column in table.columns:
        if column.unique and (column.name,) not in unique:
            yield f"{name}: nothing keeps {column.name} unique"
