"""Threads that read, each read bounded in time."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from gateway.errors import Unavailable
from gateway.store.sqlite import reader_engine
from gateway.store.trouble import is_trouble, translated

T = TypeVar("T")

# As many as SQLAlchemy's pool keeps open; a long read would hold the write-ahead log back.
_THREADS = 4
# Steps of SQLite's virtual machine between two looks at the clock: some tens of microseconds.
_STEPS = 10_000


class Readers:
    """Runs operations that change nothing."""

    def __init__(self, path: Path, *, patience: float) -> None:
        self._engine = reader_engine(path)
        self._patience = patience
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="store-reader")

    def submit(self, operation: Callable[[sa.Connection], T]) -> Future[T]:
        """The operation's result; Unavailable where it takes too long."""
        try:
            return self._threads.submit(self._run, operation)
        except RuntimeError:  # what an executor says that was shut down
            raise Unavailable("the store is closed") from None

    def close(self) -> None:
        """Returns when the reads under way have ended."""
        self._threads.shutdown()
        self._engine.dispose()

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
