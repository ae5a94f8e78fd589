"""What everybody uses: operations in, answers out."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

import sqlalchemy as sa

from gateway.errors import StoreDamaged, Unavailable
from gateway.metrics import Metrics
from gateway.store.backend import Backend
from gateway.store.pulse import beat
from gateway.store.settings import database, is_server

T = TypeVar("T")
Connection = sa.Connection
"""What an operation is given; the only name of the engine that leaves this room."""

# A read that lasts longer would hold back the write-ahead log (DESIGN 12).
_PATIENCE = 1.0


class Store:
    """One open database; operations are functions of a connection."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._closed = False
        self._damaged = False

    @classmethod
    def open(
        cls,
        url: str,
        password: Callable[[], str] | None = None,
        *,
        metrics: Metrics | None = None,
        patience: float = _PATIENCE,
    ) -> "Store":
        """The store on the newest schema; a file is locked for this process.

        Raises CannotStart, with nothing changed, where it is in use, broken, foreign, newer than
        this code, not writable or not to be reached. `patience` is how many seconds one read may
        take.
        """
        if is_server(url):
            from gateway.store.opening import open_server  # noqa: PLC0415 - not for the other engine

            return cls(open_server(url, password, metrics=metrics, patience=patience))
        from gateway.store.embedded import Embedded  # noqa: PLC0415 - not for the other engine

        return cls(Embedded(database(url), metrics=metrics, patience=patience))

    async def write(self, operation: Callable[[sa.Connection], T]) -> T:
        """The operation's result, once it is committed.

        It may be run more than once before that, so it changes nothing but what it is given. Raises
        what the operation raised, Unavailable or StoreFull where the store failed: those two are
        worth another try, if the operation is safe to repeat. A caller that is cancelled leaves
        the operation to go on: it is done wholly or not at all.
        """
        return await self._result(self._backend.write(operation))

    async def read(self, operation: Callable[[sa.Connection], T]) -> T:
        """The operation's result, from one moment; it must change nothing.

        Raises what the operation raised, Unavailable where the store failed or took too long.
        """
        return await self._result(self._backend.read(operation))

    async def writable(self) -> bool:
        """Whether a commit really succeeds, and no damage was met on the way to anything else."""
        try:
            await self.write(beat)
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
        """Returns once everything is committed that was asked for."""
        if not self._closed:
            self._closed = True
            self._backend.close()
