"""Threads over an engine, each with a connection of its own."""

from abc import ABC, abstractmethod
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import sqlalchemy as sa

from gateway.errors import Unavailable
from gateway.store.backend import Operation


class Threads(ABC):
    """Runs operations until it is closed; how, says whoever completes it."""

    def __init__(self, engine: sa.Engine, number: int, name: str) -> None:
        self._engine = engine
        self._threads = ThreadPoolExecutor(number, thread_name_prefix=name)

    def submit(self, operation: Operation) -> Future[Any]:
        """The operation's result; raises Unavailable once this is closed."""
        try:
            return self._threads.submit(self._run, operation)
        except RuntimeError:  # what an executor says that was shut down
            raise Unavailable("the store is closed") from None

    def close(self) -> None:
        """Returns when what was submitted has ended, and every connection is let go of."""
        self._threads.shutdown()
        self._engine.dispose()

    @abstractmethod
    def _run(self, operation: Operation) -> Any:
        """In a thread: the operation's result."""
