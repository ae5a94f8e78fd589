"""PostgreSQL engines: one that writes, one that only reads."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import sqlalchemy as sa

# Seconds. A thread that waits for the network cannot be called back, and a peer that is gone says
# nothing: the system asks after it (postgresql.org/docs/current/libpq-connect.html).
_NETWORK: Mapping[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # milliseconds
    # Statements are prepared once it is known that nothing stands between (`_connect`).
    "prepare_threshold": None,
    "application_name": "snyk-gateway",
    # After a failover an old address may answer that it only reads.
    "target_session_attrs": "read-write",
}
# Set in each transaction, not once: behind a pooler a session is not ours. `on` is what a 200
# promises, whatever the server's own setting (postgresql.org/docs/current/wal-async-commit.html).
# A replica that is frozen in the middle of a transaction holds the others up no longer than that
# may idle: far less than a lease.
_WRITING = (
    "SET LOCAL synchronous_commit = on; SET LOCAL statement_timeout = '30s';"
    " SET LOCAL lock_timeout = '10s'; SET LOCAL idle_in_transaction_session_timeout = '10s'"
)
_READING = "SET LOCAL statement_timeout = {milliseconds}"


# Times that a statement is seen before it is prepared: planning is the larger part of its cost.
_PREPARED_FROM = 5

Password = Callable[[], str]
"""What it is now: it is asked for at each connection, so that it can be changed."""


def writer_engine(url: str, password: Password | None = None, *, connections: int = 1) -> sa.Engine:
    """An engine whose transactions see what others commit meanwhile, and lock what they change."""
    return _engine(url, password, _WRITING, connections)


def reader_engine(
    url: str, password: Password | None = None, *, patience: float, connections: int = 1
) -> sa.Engine:
    """An engine that cannot write, whose transactions see one moment.

    A statement ends after `patience` seconds.
    """
    engine = _engine(
        url, password, _READING.format(milliseconds=round(patience * 1000)), connections
    )
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def options(password: Password | None) -> Mapping[str, Any]:
    """What the driver is told for every connection, besides the URL."""
    return _NETWORK if password is None else {**_NETWORK, "password": password()}


def _connect(url: str, password: Password | None) -> Any:
    import psycopg  # noqa: PLC0415 - an extra, which few need

    connection = psycopg.connect(url, **options(password))
    if _is_direct(connection):
        connection.prepare_threshold = _PREPARED_FROM
    return connection


def _is_direct(connection: Any) -> bool:
    """Whether each statement meets the server's process that greeted us.

    A pooler greets with a number of its own. Behind one in transaction mode the next statement may
    meet another process, which has prepared nothing (pgbouncer.org/features.html).
    """
    ((pid,),) = connection.execute("SELECT pg_backend_pid()").fetchall()
    connection.rollback()
    return bool(pid == connection.info.backend_pid)


def _engine(url: str, password: Password | None, begin: str, connections: int) -> sa.Engine:
    engine = sa.create_engine(
        "postgresql+psycopg://",
        creator=partial(_connect, url, password),
        pool_size=connections,
        max_overflow=0,
        pool_pre_ping=True,  # a server that was restarted is found out before anything is asked
        isolation_level="READ COMMITTED",
        hide_parameters=True,  # they are payloads, and errors are logged
    )

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
