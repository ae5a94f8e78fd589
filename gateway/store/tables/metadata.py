"""What the tables have in common."""

from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData()


def partial_index(
    name: str, where: sa.ColumnElement[bool], *columns: sa.Column[Any], unique: bool = False
) -> None:
    """An index over the rows for which that holds.

    Write it without values, or with literal columns: SQLite uses the index only where it can prove
    that the query implies it, which it cannot for a value that is bound later.
    """
    sa.Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)
