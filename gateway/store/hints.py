"""Tells other replicas that something may be due; a hint that is lost costs no more than a poll."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from gateway import logs
from gateway.store.postgres import Password, options

_CHANNEL = "snyk_gateway"
# Seconds: however many hints there are, so often at most one is sent.
_ROUND = 0.5
_PATIENCE = 10.0
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0


class Hints:
    """NOTIFY and LISTEN, on a connection of their own.

    A pooler in transaction mode takes a LISTEN and passes nothing on: then polling is all there is.
    """

    def __init__(self, url: str, password: Password | None, *, holder: str) -> None:
        """`holder` names this replica, whose own hints are no news to it."""
        self._url = url
        self._password = password
        self._holder = holder
        self._due = False
        self._log = logs.get("store")

    def tell(self) -> None:
        """Has the others look, within a moment."""
        self._due = True

    async def run(self, heard: Callable[[], None]) -> None:
        """Calls `heard` at each hint of another replica, until cancelled; outlives the server."""
        import psycopg  # noqa: PLC0415 - an extra, which few need

        pause = _SHORTEST_PAUSE
        while True:
            with suppress(psycopg.Error, OSError, TimeoutError):
                async with await psycopg.AsyncConnection.connect(
                    self._url, autocommit=True, **options(self._password)
                ) as connection:
                    await connection.execute(f"LISTEN {_CHANNEL}")
                    pause = _SHORTEST_PAUSE
                    heard()  # whatever was missed while nobody listened
                    await self._listen(connection, heard)
            self._log.debug("hints are missed", again_in=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _listen(self, connection: Any, heard: Callable[[], None]) -> None:
        while True:
            async for hint in connection.notifies(timeout=_ROUND):
                if hint.payload != self._holder:
                    heard()
            # A peer that is gone says nothing: it is asked something.
            async with asyncio.timeout(_PATIENCE):
                if self._due:
                    self._due = False
                    await connection.execute("SELECT pg_notify(%s, %s)", [_CHANNEL, self._holder])
                else:
                    await connection.execute("SELECT 1")
