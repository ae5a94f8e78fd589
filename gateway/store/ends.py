"""The two ends of a copy: a store that is only read, and one that is written."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from gateway.errors import CannotStart, Misused, Unavailable
from gateway.store import duties, embedded, opening, postgres
from gateway.store.lock import Lock
from gateway.store.migrations import REVISIONS
from gateway.store.postgres import Password
from gateway.store.schema import examine, revision_of
from gateway.store.settings import database, is_server, shown
from gateway.store.sqlite import reader_engine
from gateway.store.trouble import deepest, words

PATIENCE = 3600.0
"""Seconds for one statement: sorting a large table takes a while, but a server may hang."""


@dataclass(frozen=True, slots=True)
class End:
    """A store to read from."""

    name: str
    """As it may be printed."""
    reader: sa.Engine

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection that sees one moment; raises Unavailable where the engine failed."""
        with _named(self.name), self.reader.connect() as connection:
            yield connection


@dataclass(frozen=True, slots=True)
class Target(End):
    """A store to write to, on the newest schema."""

    found: str | None
    """The revision that it was on; None where it was empty."""
    writer: sa.Engine

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A connection whose changes are committed at the end; raises as `read` does."""
        with _named(self.name), self.writer.begin() as connection:
            yield connection


@contextmanager
def both(source_url: str, target_url: str, now: datetime) -> Iterator[tuple[End, Target]]:
    """A store and another to be its copy, neither in the hands of a gateway.

    Raises Misused where both are the same; CannotStart where a gateway has one of them, the source
    is none or on an older schema, or the target cannot be had.
    """
    if _same_file(source_url, target_url):
        raise Misused(f"{shown(target_url)} is the store itself: give its copy another place")
    with source(source_url) as one, target(target_url) as other:
        if _same_database(one, other):
            raise Misused(f"{other.name} is the store itself: give its copy a database of its own")
        for end in (one, other):
            _refuse_in_use(end, now)
        yield one, other


@contextmanager
def seen(url: str, password: Password | None = None) -> Iterator[tuple[End, str]]:
    """The store as it is, whoever else uses it, and the revision of its schema.

    Raises CannotStart where there is none, or one that is broken, foreign or newer than this code.
    """
    with _disposed(_reader(url, password)) as reader:
        end = End(shown(url), reader)
        revision = _revision(url, end)
        if revision is None:
            raise CannotStart(f"{end.name}: there is no store")
        yield end, revision


@contextmanager
def source(url: str, password: Password | None = None) -> Iterator[End]:
    """The store on the newest schema, to be read only; a file's lock is held.

    Raises CannotStart as `seen` does, and where a file is in use.
    """
    with seen(url, password) as (end, revision), _turn(url):
        if revision != REVISIONS[-1]:
            raise CannotStart(
                f"{end.name}: is on schema {revision} of an older gateway, and what is copied is"
                f" {REVISIONS[-1]}: `snyk-gateway store migrate` first"
            )
        yield end


@contextmanager
def target(url: str, password: Password | None = None) -> Iterator[Target]:
    """The store on the newest schema, made where there is none; a file's lock is held.

    Raises CannotStart, with nothing changed, as `Store.open` does.
    """
    with _own_database(url, password) if is_server(url) else _own_file(url) as end:
        yield end


def _reader(url: str, password: Password | None) -> sa.Engine:
    if not is_server(url):
        return reader_engine(database(url))
    opening.need_driver()
    return postgres.reader_engine(url, password, patience=PATIENCE)


def _revision(url: str, end: End) -> str | None:
    if not is_server(url):
        return examine(database(url))
    with end.read() as connection:
        return revision_of(connection)


@contextmanager
def _own_database(url: str, password: Password | None) -> Iterator[Target]:
    opening.need_driver()
    with _disposed(postgres.writer_engine(url, password)) as writer:
        found = opening.bring_up(writer, shown(url))
        with _disposed(_reader(url, password)) as reader:
            yield Target(shown(url), reader, found, writer)


@contextmanager
def _own_file(url: str) -> Iterator[Target]:
    path = database(url)
    with _unlocked(embedded.locked(path)):
        found = examine(path)
        # The writer is the last to close: it puts everything into the one file.
        with _disposed(embedded.prepare(path)) as writer, _disposed(_reader(url, None)) as reader:
            yield Target(url, reader, found, writer)


def _same_file(one: str, other: str) -> bool:
    if is_server(one) or is_server(other):
        return False
    return database(one).resolve() == database(other).resolve()


# Two names of a server may mean the same one; a start and a database there are one of a kind.
_IDENTITY = (
    "SELECT pg_postmaster_start_time(), oid, current_schema()"
    " FROM pg_database WHERE datname = current_database()"
)


def _same_database(*ends: End) -> bool:
    if any(end.reader.dialect.name == "sqlite" for end in ends):
        return False
    seen = set()
    for end in ends:
        with end.read() as connection:
            seen.add(tuple(connection.exec_driver_sql(_IDENTITY).one()))
    return len(seen) == 1


def _refuse_in_use(end: End, now: datetime) -> None:
    """A file is locked; on a server a gateway that runs has duties in hand."""
    if end.reader.dialect.name == "sqlite":
        return
    with end.read() as connection:
        left = duties.held(connection, now)
    if left:
        raise CannotStart(
            f"{end.name}: in use by a gateway; stop every one of them"
            f" (one that was killed counts for {math.ceil(left.total_seconds())} s more)"
        )


@contextmanager
def _named(name: str) -> Iterator[None]:
    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        raise Unavailable(f"{name}: {words(deepest(error))}") from None


@contextmanager
def _disposed(engine: sa.Engine) -> Iterator[sa.Engine]:
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _turn(url: str) -> Iterator[None]:
    """Keeps gateways from a file; those of a server say themselves that they run."""
    if is_server(url):
        yield
        return
    with _unlocked(Lock(database(url))):
        yield


@contextmanager
def _unlocked(lock: Lock) -> Iterator[None]:
    try:
        yield
    finally:
        lock.release()
