"""The thread through which every change goes, many of them in one commit."""

import queue
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import sqlalchemy as sa

from gateway.errors import Unavailable
from gateway.metrics import Metrics
from gateway.store.sqlite import Job, Operation, commit_batch

# As many as 256 callers share one fsync; a lone one waits for nobody.
_BATCH = 256


class Writer:
    """Takes operations from any thread and commits them in the order they came."""

    def __init__(self, engine: sa.Engine, metrics: Metrics | None = None) -> None:
        self._engine = engine
        self._metrics = metrics
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._closed = False
        self._gate = threading.Lock()  # nothing may be queued behind the end
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, operation: Operation) -> Future[Any]:
        """The operation's result, once it is committed."""
        future: Future[Any] = Future()
        with self._gate:
            if self._closed:
                raise Unavailable("the store is closed")
            self._jobs.put((operation, future))
        return future

    def close(self) -> None:
        """Returns when everything that was queued is committed."""
        with self._gate:
            if not self._closed:
                self._closed = True
                self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        for batch in self._batches():
            started = time.perf_counter()
            commit_batch(self._engine, batch)
            if self._metrics:
                self._metrics.store_commit_seconds.observe(time.perf_counter() - started)

    def _batches(self) -> Iterator[list[Job]]:
        """What is queued, in lists that are committed together, until the end."""
        last = False
        while not last:
            waiting = [self._jobs.get()]
            while len(waiting) < _BATCH and not self._jobs.empty():
                waiting.append(self._jobs.get())
            last = waiting[-1] is None  # it is the last thing ever queued
            batch = [job for job in waiting if job and job[1].set_running_or_notify_cancel()]
            if batch:
                yield batch
