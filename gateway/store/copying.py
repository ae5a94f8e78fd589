"""Everything that one store remembers, put into another, in bits: what was begun goes on."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import sqlalchemy as sa

from gateway.errors import Different
from gateway.store import claims, stored
from gateway.store.digest import Digest, digest
from gateway.store.ends import End, Target
from gateway.store.statements import is_shared
from gateway.store.stored import TABLES, Row

Advance = Callable[[int], object]
"""Is told how many more rows are done."""

# Of one transaction: enough to spare commits, few enough to be held in memory.
_ROWS = 2_000
_BYTES = 8 * 1024 * 1024
# Rows between two words on how far it is.
_STEP = 500


@dataclass(frozen=True, slots=True)
class Compared:
    """What both ends hold of one table."""

    table: str
    source: Digest
    target: Digest

    @property
    def is_same(self) -> bool:
        """Whether both hold the same."""
        return self.source == self.target


def size(source: End) -> int:
    """How many rows there are to copy."""
    with source.read() as connection:
        return sum(stored.count(connection, table) for table in TABLES)


def copy(source: End, target: Target, advance: Advance) -> None:
    """Puts all that the source remembers into the target; what is there already is spared.

    What was in flight in the source is due again in the target: leases go by another clock there,
    and nobody is left to end them. Raises Different, with nothing copied, where the target holds
    anything else; Unavailable where an end failed, and then the next call goes on.
    """
    with source.read() as connection:
        there = {table.name: _spared(connection, target, table) for table in TABLES}
        advance(sum(there.values()))
        for table in TABLES:
            _copy(connection, target, table, advance)
    with target.write() as connection:
        _move_sequences(connection)


def compare(source: End, target: Target, advance: Advance) -> Iterator[Compared]:
    """What both ends hold of each table, read again; advances by each row of either."""
    for table in TABLES:
        with source.read() as one, target.read() as other:
            yield Compared(
                table.name,
                digest(_counted(_let_go(one, table), advance)),
                digest(_counted(stored.rows(other, table), advance)),
            )


def _spared(source: sa.Connection, target: Target, table: sa.Table) -> int:
    """How many of the first rows of the source's table the target has; it has no others."""
    with target.read() as connection:
        there = digest(stored.rows(connection, table))
    if there.rows and there != digest(islice(_let_go(source, table), there.rows)):
        raise Different(
            f"{target.name}: {table.name} holds rows that are not the first of the source's;"
            " give the copy a database with nothing in it"
        )
    return there.rows


def _copy(source: sa.Connection, target: Target, table: sa.Table, advance: Advance) -> None:
    with target.read() as connection:
        last = stored.last_key(connection, table)
    for chunk in _chunks(_let_go(source, table, after=last)):
        with target.write() as connection:
            stored.add(connection, table, chunk)
        advance(len(chunk))


def _let_go(
    connection: sa.Connection, table: sa.Table, *, after: Row | None = None
) -> Iterator[Row]:
    """The source's rows as they are to be in the target."""
    rows = stored.rows(connection, table, after=after)
    if "lease_until" not in table.c:
        return rows
    names = table.columns.keys()
    lapsed = claims.LAPSED if table.name == "deliveries" else {"lease_until": None}
    return (_changed(names, row, lapsed) for row in rows)


def _changed(names: list[str], row: Row, lapsed: dict[str, Any]) -> Row:
    if row[names.index("lease_until")] is None:
        return row
    return tuple(lapsed.get(name, value) for name, value in zip(names, row, strict=True))


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    chunk: list[Row] = []
    bytes_ = 0
    for row in rows:
        chunk.append(row)
        bytes_ += sum(len(value) for value in row if isinstance(value, str | bytes))
        if len(chunk) == _ROWS or bytes_ >= _BYTES:
            yield chunk
            chunk, bytes_ = [], 0
    if chunk:
        yield chunk


def _counted(rows: Iterable[Row], advance: Advance) -> Iterator[Row]:
    number = 0
    for number, row in enumerate(rows, 1):
        yield row
        if number % _STEP == 0:
            advance(_STEP)
    advance(number % _STEP)


def _move_sequences(connection: sa.Connection) -> None:
    """Has a server count on from the highest number there is; SQLite does so by itself."""
    if not is_shared(connection):
        return
    for table in TABLES:
        if "seq" in table.c:
            sequence = sa.func.pg_get_serial_sequence(table.name, "seq")
            following = sa.func.coalesce(sa.func.max(table.c.seq), 0) + 1
            connection.execute(sa.select(sa.func.setval(sequence, following, sa.false())))
