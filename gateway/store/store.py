"""What everybody uses: operations in, answers out."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from gateway import logs
from gateway.errors import CannotStart, StoreDamaged, Unavailable
from gateway.metrics import Metrics
from gateway.store.driver import advice, driver
from gateway.store.lock import Lock
from gateway.store.migrations import REVISIONS
from gateway.store.readers import Readers
from gateway.store.schema import examine, migrate
from gateway.store.settings import database
from gateway.store.sqlite import writer_engine
from gateway.store.statements import insert
from gateway.store.tables import pulse
from gateway.store.trouble import deepest
from gateway.store.writer import Writer

T = TypeVar("T")
Connection = sa.Connection
"""What an operation is given; the only name of the engine that leaves this room."""
log = logs.get("store")

# A read that lasts longer would hold back the write-ahead log (DESIGN 12).
_PATIENCE = 1.0


class Store:
    """One open database; operations are functions of a connection."""

    def __init__(
        self, path: Path, engine: sa.Engine, lock: Lock, *, metrics: Metrics | None, patience: float
    ) -> None:
        self._engine = engine
        self._lock = lock
        self._writer = Writer(engine, metrics)
        self._readers = Readers(path, patience=patience)
        self._closed = False
        self._damaged = False

    @classmethod
    def open(
        cls, url: str, *, metrics: Metrics | None = None, patience: float = _PATIENCE
    ) -> "Store":
        """The store, locked for this process and on the newest schema.

        Raises CannotStart, with the file untouched, where it is in use, broken, foreign, newer
        than this code or not writable. `patience` is how many seconds one read may take.
        """
        path = database(url)
        if text := advice(driver.sqlite_version_info):
            log.warning(text)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CannotStart(f"{path.parent}: cannot be made: {error.strerror}") from None
        lock = Lock(path)
        try:
            return cls(path, _prepare(path), lock, metrics=metrics, patience=patience)
        except BaseException:
            lock.release()
            raise

    async def write(self, operation: Callable[[sa.Connection], T]) -> T:
        """The operation's result, once it is committed.

        Raises what the operation raised, Unavailable or StoreFull where the store failed: those
        two are worth another try, if the operation is safe to repeat. A caller that is cancelled
        leaves the operation to go on: it is done wholly or not at all.
        """
        return await self._result(self._writer.submit(operation))

    async def read(self, operation: Callable[[sa.Connection], T]) -> T:
        """The operation's result, from one moment; it must change nothing.

        Raises what the operation raised, Unavailable where the store failed or took too long.
        """
        return await self._result(self._readers.submit(operation))

    async def writable(self) -> bool:
        """Whether a commit really succeeds, and no damage was met on the way to anything else."""
        try:
            await self.write(_beat)
        except Unavailable:
            return False
        return not self._damaged

    async def _result(self, future: Future[T]) -> T:
        try:
            return await asyncio.shield(asyncio.wrap_future(future))
        except StoreDamaged:
            self._damaged = True
            raise

    def close(self) -> None:
        """Commits what is queued, puts everything into the one file, and unlocks it."""
        if self._closed:
            return
        self._closed = True
        self._readers.close()
        self._writer.close()
        self._engine.dispose()  # the last connection to close checkpoints
        self._lock.release()


def _prepare(path: Path) -> sa.Engine:
    """An engine over a file that is ours and on the newest schema."""
    revision = examine(path)
    if revision is None:
        _create(path)
    engine = writer_engine(path)
    try:
        if revision != REVISIONS[-1]:
            migrate(engine)
        with engine.begin() as connection:
            _beat(connection)
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


def _beat(connection: sa.Connection) -> None:
    """The smallest change there is."""
    statement = insert(connection, pulse).values(id=1, beats=1)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["id"], set_={"beats": (pulse.c.beats + 1) % 1_000_000}
        )
    )
