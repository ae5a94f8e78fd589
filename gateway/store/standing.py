"""How a server keeps the store, and what the role that asks may do there."""

from collections.abc import Iterator, Mapping

import sqlalchemy as sa

from gateway.store.tables import metadata

_SHOWN = ("server_encoding", "synchronous_commit", "fsync", "full_page_writes")
# postgresql.org/docs/current/runtime-config-wal.html
_UNWISE = {
    "fsync": "fsync is off: a crash of the server's machine may lose or damage everything",
    "full_page_writes": "full_page_writes is off: a crash of the server's machine may damage pages",
    "synchronous_commit": (
        "synchronous_commit is off: the gateway turns it on for its own commits,"
        " where the role may do so"
    ),
}
_NEEDED = ("SELECT", "INSERT", "UPDATE", "DELETE")
_MAY = sa.text("SELECT has_table_privilege(to_regclass(:name), :right)")
_MAY_COUNT = sa.text(
    "SELECT has_sequence_privilege(pg_get_serial_sequence(:name, 'seq'), 'USAGE')"
    " FROM pg_class WHERE oid = to_regclass(:name)"
)
_INVALID = (
    "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
    " JOIN pg_class t ON t.oid = i.indrelid"
    " WHERE t.relnamespace = current_schema()::regnamespace"
    " AND NOT (i.indisvalid AND i.indisready) ORDER BY 1"
)


def version(connection: sa.Connection) -> str:
    """The server's version, as it calls itself."""
    return str(connection.exec_driver_sql("SHOW server_version").scalar_one())


def settings(connection: sa.Connection) -> Mapping[str, str]:
    """Those on which it depends what a commit is worth, and what text can be stored."""
    return {name: connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in _SHOWN}


def unwise(shown: Mapping[str, str]) -> Iterator[str]:
    """What is to be said of those settings."""
    if (encoding := shown["server_encoding"]) != "UTF8":
        yield f"the database's encoding is {encoding}: what it does not know cannot be stored"
    for name, words in _UNWISE.items():
        if shown[name] == "off":
            yield words


def refused(connection: sa.Connection) -> Iterator[str]:
    """What the role may not do that a gateway does all the time."""
    for table in metadata.sorted_tables:
        name = table.name
        for right in _NEEDED:
            # None of a table that is not there, which is told elsewhere.
            if connection.execute(_MAY, {"name": name, "right": right}).scalar() is False:
                yield f"{name}: the role may not {right}"
        if "seq" in table.c and connection.execute(_MAY_COUNT, {"name": name}).scalar() is False:
            yield f"{name}: the role may not use the sequence of seq"


def invalid(connection: sa.Connection) -> Iterator[str]:
    """Indexes that PostgreSQL does not use, as one that was being built when it ended."""
    for row in connection.exec_driver_sql(_INVALID):
        yield f"the index {row[0]} is invalid: REINDEX INDEX {row[0]}"
