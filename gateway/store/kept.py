"""A look into the store of a gateway that does not run yet."""

from gateway.store import configurations
from gateway.store.configurations import Accepted
from gateway.store.schema import examine
from gateway.store.settings import database
from gateway.store.sqlite import reader_engine


def last_accepted(url: str) -> Accepted | None:
    """The configuration that was accepted last; None where there is no store, or none in it."""
    path = database(url)
    try:
        if examine(path) is None:
            return None
        engine = reader_engine(path)
        try:
            with engine.connect() as connection:
                return configurations.last(connection)
        finally:
            engine.dispose()
    except Exception:  # noqa: BLE001 - whatever is wrong with it, it has none to give
        return None
