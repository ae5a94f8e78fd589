"""Threads that read, each read bounded in time."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from gateway.errors import Unavailable
from gateway.store.sqlite import reader_engine
from gateway.store.threads import Threads
from gateway.store.trouble import is_trouble, translated

T = TypeVar("T")

# As many as SQLAlchemy's pool keeps open; a long read would hold the write-ahead log back.
_THREADS = 4
# Steps of SQLite's virtual machine between two looks at the clock: some tens of microseconds.
_STEPS = 10_000


class Readers(Threads):
    """Runs operations that change nothing."""

    def __init__(self, path: Path, *, patience: float) -> None:
        super().__init__(reader_engine(path), _THREADS, "store-reader")
        self._patience = patience

    def _run(self, operation: Callable[[sa.Connection], T]) -> T:
        deadline = time.monotonic() + self._patience
        try:
            with self._engine.connect() as connection:
                raw = connection.connection.driver_connection
                raw.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)  # type: ignore[union-attr]  # it is open
                return operation(connection)
        except sa.exc.SQLAlchemyError as error:
            if not is_trouble(error):
                raise
            if time.monotonic() > deadline:
                raise Unavailable(f"the read took longer than {self._patience:g} s") from None
            raise translated(error) from error
