"""Opens a server's database: on the newest schema, whichever of the replicas gets there first."""

import time
from importlib.util import find_spec

import sqlalchemy as sa

from gateway.errors import CannotStart
from gateway.metrics import Metrics
from gateway.store import postgres
from gateway.store.migrations import REVISIONS
from gateway.store.pulse import beat
from gateway.store.schema import migrate, revision_of
from gateway.store.server import THREADS, Server
from gateway.store.settings import shown
from gateway.store.trouble import deepest, is_away, words

# A server that starts together with the gateway is waited for so long, in seconds.
_PATIENCE = 30.0
_PAUSE = 0.5
_OLDEST = 140_000


def open_server(
    url: str,
    password: postgres.Password | None = None,
    *,
    metrics: Metrics | None = None,
    patience: float,
) -> Server:
    """The store, on the newest schema; raises CannotStart where that cannot be had.

    `patience` is how many seconds one read may take.
    """
    need_driver()
    writer = postgres.writer_engine(url, password, connections=THREADS)
    try:
        bring_up(writer, shown(url))
    except BaseException:
        writer.dispose()
        raise
    reader = postgres.reader_engine(url, password, patience=patience, connections=THREADS)
    return Server(writer, reader, metrics)


def need_driver() -> None:
    """Raises CannotStart where the extra is not installed."""
    if find_spec("psycopg") is None:
        raise CannotStart("PostgreSQL needs its driver: pip install 'snyk-gateway[postgres]'")


def bring_up(engine: sa.Engine, name: str) -> str | None:
    """The revision that the database was on, None where it was empty; it is on the newest now.

    A server that starts is waited for. Raises CannotStart, which calls the database by that name.
    """
    # Replicas that migrate at once are in each other's way: those that lose look again.
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return _bring_up(engine)
        except sa.exc.SQLAlchemyError as error:
            if time.monotonic() > deadline or _is_final(error):
                raise CannotStart(f"{name}: cannot be used: {words(deepest(error))}") from None
        time.sleep(_PAUSE)


def _bring_up(engine: sa.Engine) -> str | None:
    with engine.connect() as connection:
        version = connection.connection.driver_connection.info.server_version  # type: ignore[union-attr]  # it is open
        if version < _OLDEST:
            raise CannotStart(f"PostgreSQL {version // 10_000} is too old; 14 or later is needed")
        revision = revision_of(connection)
    if revision != REVISIONS[-1]:
        migrate(engine)
    with engine.begin() as connection:
        beat(connection)
    return revision


def _is_final(error: Exception) -> bool:
    """Whether waiting is of no use: the server is there and says no to who asks."""
    state = getattr(getattr(error, "orig", error), "sqlstate", None)
    wrong = ("28", "3D", "42501")  # who asks, what for, and what he may do
    if state is not None:
        return bool(state.startswith(wrong))
    text = str(error)
    return not (isinstance(error, sa.exc.DBAPIError) and is_away(error)) or any(
        each in text for each in ("password authentication failed", "does not exist", "no password")
    )
