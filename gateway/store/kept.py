"""A look into the store of a gateway that does not run yet."""

from collections.abc import Callable

from gateway.store import configurations
from gateway.store.configurations import Accepted
from gateway.store.schema import examine, revision_of
from gateway.store.settings import database, is_server
from gateway.store.sqlite import reader_engine

_PATIENCE = 5.0


def last_accepted(url: str, password: Callable[[], str] | None = None) -> Accepted | None:
    """The configuration that was accepted last; None where there is no store, or none in it."""
    try:
        return _of_server(url, password) if is_server(url) else _of_file(url)
    except Exception:  # noqa: BLE001 - whatever is wrong with it, it has none to give
        return None


def _of_file(url: str) -> Accepted | None:
    path = database(url)
    if examine(path) is None:
        return None
    engine = reader_engine(path)
    try:
        with engine.connect() as connection:
            return configurations.last(connection)
    finally:
        engine.dispose()


def _of_server(url: str, password: Callable[[], str] | None) -> Accepted | None:
    from gateway.store import postgres  # noqa: PLC0415 - its driver is an extra

    engine = postgres.reader_engine(url, password, patience=_PATIENCE)
    try:
        with engine.connect() as connection:
            return configurations.last(connection) if revision_of(connection) else None
    finally:
        engine.dispose()
