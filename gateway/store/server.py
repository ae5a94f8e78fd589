"""The store on a PostgreSQL server, which any number of gateways may share."""

import threading
import time
from concurrent.futures import Future
from typing import Any

import sqlalchemy as sa

from gateway import logs
from gateway.errors import Unavailable
from gateway.metrics import Metrics
from gateway.store.backend import Operation
from gateway.store.threads import Threads
from gateway.store.trouble import (
    deepest,
    is_away,
    is_trouble,
    lost_a_race,
    scrubbed,
    translated,
    words,
)

# Threads, and connections, of one gateway for each of the two. What they wait for is the server's
# disk; a few are enough to have several commits share one write of its log.
THREADS = 4
# Those who block each other begin again; the same two seldom meet more than once.
_RACES = 10
# Seconds for which nobody asks after a server that just refused.
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0

log = logs.get("store")


class Away:
    """Spares callers the wait for a server that did not answer: each pause is twice as long."""

    def __init__(self) -> None:
        self._pause = 0.0
        self._until = 0.0
        self._lock = threading.Lock()

    def check(self) -> None:
        """Raises Unavailable while it would be of no use to ask."""
        if time.monotonic() < self._until:
            raise Unavailable("the database does not answer; it is asked again in a moment")

    def lost(self) -> None:
        """Notes that it did not answer."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._pause = min(max(self._pause * 2, _SHORTEST_PAUSE), _LONGEST_PAUSE)
                self._until = time.monotonic() + self._pause

    def found(self) -> None:
        """Notes that it answered."""
        self._pause = self._until = 0.0


class Pool(Threads):
    """Threads that run each operation in a transaction of its own."""

    def __init__(self, engine: sa.Engine, away: Away, name: str, metrics: Metrics | None) -> None:
        super().__init__(engine, THREADS, name)
        self._away = away
        self._metrics = metrics

    def _run(self, operation: Operation) -> Any:
        self._away.check()
        refused: sa.exc.DBAPIError
        for _ in range(_RACES):
            try:
                return self._try(operation)
            except sa.exc.DBAPIError as error:
                if not lost_a_race(error):
                    raise self._told(error) from None
                log.debug("begun again", error=words(deepest(error)))
                refused = error
        raise self._told(refused) from None

    def _try(self, operation: Operation) -> Any:
        started = time.perf_counter()
        with self._engine.begin() as connection:
            self._away.found()
            answer = operation(connection)
        if self._metrics:
            self._metrics.store_commit_seconds.observe(time.perf_counter() - started)
        return answer

    def _told(self, error: sa.exc.DBAPIError) -> Exception:
        if not is_trouble(error):
            return scrubbed(error)
        if is_away(error):
            self._away.lost()
        return translated(error)


class Server:
    """PostgreSQL: each operation is a transaction, and several run at a time.

    READ COMMITTED, and locks where an operation reads what it is to change (`locks`, and rows FOR
    UPDATE). Under SERIALIZABLE the few rows that all of them have in common, such as a route's
    budget, would have them begin again and again where now they wait for each other.
    """

    def __init__(self, writer: sa.Engine, reader: sa.Engine, metrics: Metrics | None) -> None:
        """Over engines of a database that is on the newest schema."""
        away = Away()
        self._writers = Pool(writer, away, "store-writer", metrics)
        self._readers = Pool(reader, away, "store-reader", None)

    def write(self, operation: Operation) -> Future[Any]:
        """The operation's result, once it is committed."""
        return self._writers.submit(operation)

    def read(self, operation: Operation) -> Future[Any]:
        """The operation's result, from one moment."""
        return self._readers.submit(operation)

    def close(self) -> None:
        """Commits what was begun and lets go of every connection."""
        self._readers.close()
        self._writers.close()
