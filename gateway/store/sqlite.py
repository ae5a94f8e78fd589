"""SQLite engines: one that writes, one that only reads, and the commit of a whole batch."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from gateway.errors import Unavailable
from gateway.store.driver import driver
from gateway.store.trouble import is_trouble, translated

# Kept prepared, by their text. The driver's own 128 are fewer than there are, for a list of each
# length makes another; preparing one takes SQLite longer than executing it.
_STATEMENTS = 512

Operation = Callable[[sa.Connection], Any]
Job = tuple[Operation, Future[Any]]


def writer_engine(path: Path) -> sa.Engine:
    """The only engine that may write this file; use it from one thread at a time."""
    # FULL, not NORMAL: in WAL mode NORMAL may lose the last commits on a power loss
    # (sqlite.org/pragma.html#pragma_synchronous), and a 200 promises that none is.
    pragmas = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000")
    return _engine(str(path), "BEGIN IMMEDIATE", pragmas, sa.StaticPool)


def reader_engine(path: Path) -> sa.Engine:
    """An engine that can neither write nor checkpoint; each transaction sees one moment."""
    pragmas = ("query_only=ON", "busy_timeout=1000")
    return _engine(f"{path.absolute().as_uri()}?mode=ro", "BEGIN", pragmas, sa.QueuePool)


def _engine(name: str, begin: str, pragmas: Sequence[str], pool: type[sa.Pool]) -> sa.Engine:
    engine = sa.create_engine(
        "sqlite://",
        module=driver,
        poolclass=pool,
        creator=lambda: driver.connect(
            name,
            uri=name.startswith("file:"),
            check_same_thread=False,
            cached_statements=_STATEMENTS,
        ),
        hide_parameters=True,  # they are payloads, and errors are logged
    )

    @sa.event.listens_for(engine, "connect")
    def _configure(raw: Any, _record: object) -> None:
        raw.isolation_level = None  # the driver must not begin or end transactions of its own
        for pragma in pragmas:
            raw.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def commit_batch(engine: sa.Engine, jobs: Sequence[Job]) -> None:
    """Commits many operations at once; each fails alone, none succeeds before the commit."""
    if len(jobs) == 1:
        _commit_alone(engine, *jobs[0])
        return
    try:
        with engine.begin() as connection:
            answers = [_attempt(connection, *job) for job in jobs]
    except Exception as error:  # noqa: BLE001 - whatever it is, the callers must hear of it
        answers = [partial(future.set_exception, translated(error)) for _, future in jobs]
    for answer in answers:
        answer()


def _commit_alone(engine: sa.Engine, operation: Operation, future: Future[Any]) -> None:
    """The same of one operation; it needs no savepoint."""
    own: Exception | None = None
    try:
        with engine.begin() as connection:
            try:
                answer = operation(connection)
            except Exception as error:
                own = error
                raise
            _refuse_given_up(connection)
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller must hear of it
        is_its_own = error is own and not is_trouble(error)
        future.set_exception(error if is_its_own else translated(error))
    else:
        future.set_result(answer)


def _refuse_given_up(connection: sa.Connection) -> None:
    if not _is_open(connection):
        raise Unavailable("the store gave the transaction up")


def _attempt(
    connection: sa.Connection, operation: Operation, future: Future[Any]
) -> Callable[[], None]:
    """What to tell the caller once the batch is committed."""
    try:
        with connection.begin_nested():
            return partial(future.set_result, operation(connection))
    except Exception as error:
        if not _is_open(connection):
            raise
        return partial(future.set_exception, translated(error) if is_trouble(error) else error)


def _is_open(connection: sa.Connection) -> bool:
    """Whether the transaction goes on.

    A full disk makes SQLite roll everything back by itself; the commit would then succeed with
    nothing in it (sqlite.org/lang_transaction.html, "Response To Errors").
    """
    raw = connection.connection.driver_connection
    return bool(raw and raw.in_transaction)
