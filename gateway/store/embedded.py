"""The store in a file of its own, for one process."""

from concurrent.futures import Future
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from gateway import logs
from gateway.errors import CannotStart
from gateway.metrics import Metrics
from gateway.store.backend import Operation
from gateway.store.driver import advice, driver
from gateway.store.lock import Lock
from gateway.store.migrations import REVISIONS
from gateway.store.pulse import beat
from gateway.store.readers import Readers
from gateway.store.schema import examine, migrate
from gateway.store.sqlite import writer_engine
from gateway.store.trouble import deepest
from gateway.store.writer import Writer

log = logs.get("store")


class Embedded:
    """SQLite: one thread writes, some read."""

    def __init__(self, path: Path, *, metrics: Metrics | None, patience: float) -> None:
        """The file, locked for this process and on the newest schema.

        Raises CannotStart, with the file untouched, where it is in use, broken, foreign, newer
        than this code or not writable.
        """
        if text := advice(driver.sqlite_version_info):
            log.warning(text)
        self._lock = locked(path)
        try:
            self._engine = prepare(path)
            self._writer = Writer(self._engine, metrics)
            self._readers = Readers(path, patience=patience)
        except BaseException:
            self._lock.release()
            raise

    def write(self, operation: Operation) -> Future[Any]:
        """The operation's result, once it is committed."""
        return self._writer.submit(operation)

    def read(self, operation: Operation) -> Future[Any]:
        """The operation's result, from one moment."""
        return self._readers.submit(operation)

    def close(self) -> None:
        """Commits what is queued, puts everything into the one file, and unlocks it."""
        self._readers.close()
        self._writer.close()
        self._engine.dispose()  # the last connection to close checkpoints
        self._lock.release()


def locked(path: Path) -> Lock:
    """The file's lock, in a folder that is made where it is missing; raises CannotStart."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(f"{path.parent}: cannot be made: {error.strerror}") from None
    return Lock(path)


def prepare(path: Path) -> sa.Engine:
    """An engine that writes a file of ours, which is on the newest schema; hold its lock.

    Raises CannotStart, with the file untouched, where it is broken, foreign, newer than this code
    or not writable.
    """
    revision = examine(path)
    if revision is None:
        _create(path)
    engine = writer_engine(path)
    try:
        if revision != REVISIONS[-1]:
            migrate(engine)
        with engine.begin() as connection:
            beat(connection)
    except (sa.exc.SQLAlchemyError, driver.Error) as error:
        engine.dispose()
        raise CannotStart(f"{path}: cannot be written: {deepest(error)}") from None
    return engine


def _create(path: Path) -> None:
    """An empty file for its owner only; SQLite's other files take its mode."""
    try:
        path.touch(mode=0o600)
    except OSError as error:
        raise CannotStart(f"{path}: cannot be written: {error.strerror}") from None
