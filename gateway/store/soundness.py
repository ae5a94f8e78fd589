"""Whether a store is sound: what it holds, what is wrong with it, what is unwise about it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from gateway.errors import StoreDamaged
from gateway.store import integrity, layout, standing
from gateway.store.driver import advice, driver
from gateway.store.ends import End, seen
from gateway.store.migrations import REVISIONS
from gateway.store.postgres import Password
from gateway.store.tables import metadata
from gateway.store.trouble import deepest, translated

Look = Callable[[sa.Connection], Iterable[str]]
"""What is found wrong, each in a sentence."""

_FILE: Sequence[Look] = (integrity.damaged, integrity.dangling)
_SERVER: Sequence[Look] = (layout.dangling, standing.invalid, standing.refused)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was seen of a store."""

    store: str
    """Its URL, as it may be printed."""
    engine: str
    revision: str
    settings: Mapping[str, str]
    """Of the server; none of a file."""
    rows: Mapping[str, int | None]
    """By table; None where they could not be counted."""
    findings: Sequence[str]
    """What is wrong: with any of these it is not sound."""
    warnings: Sequence[str]


def report(url: str, password: Password | None = None) -> Report:
    """What a look at the store shows, while gateways may run; it changes nothing.

    Raises CannotStart or Unavailable where it cannot be opened.
    """
    with seen(url, password) as (end, revision):
        is_file = end.reader.dialect.name == "sqlite"
        findings = list(_found(end, _looks(revision, is_file=is_file)))
        rows = dict(_rows(end))
        engine, settings, warnings = _of_file() if is_file else _of_server(end)
    return Report(
        store=end.name,
        engine=engine,
        revision=revision,
        settings=settings,
        rows=rows,
        findings=findings,
        warnings=[*_behind(revision), *warnings],
    )


def _looks(revision: str, *, is_file: bool) -> Sequence[Look]:
    """Of an older schema this code does not know how it was laid out."""
    known = [layout.missing] if revision == REVISIONS[-1] else []
    return [*(_FILE if is_file else _SERVER), *known]


def _found(end: End, looks: Iterable[Look]) -> Iterator[str]:
    for look in looks:
        with end.read() as connection:  # one for each: after an error it would say no more
            yield from _guarded(connection, look)


def _guarded(connection: sa.Connection, look: Look) -> Iterator[str]:
    try:
        yield from look(connection)
    except sa.exc.DBAPIError as error:
        if not _is_finding(error):
            raise
        yield " ".join(str(deepest(error)).split())


def _is_finding(error: sa.exc.DBAPIError) -> bool:
    """Whether the engine answered, and what it said is that something is wrong."""
    wrong = isinstance(error, sa.exc.ProgrammingError)  # a right or a column is missing
    return wrong or isinstance(translated(error), StoreDamaged)


def _rows(end: End) -> Iterator[tuple[str, int | None]]:
    with end.read() as connection:
        there = set(sa.inspect(connection).get_table_names())
    for name in sorted(metadata.tables.keys() & there):
        with end.read() as connection:
            yield name, _count(connection, name)


def _count(connection: sa.Connection, name: str) -> int | None:
    try:
        query = sa.select(sa.func.count()).select_from(metadata.tables[name])
        return int(connection.execute(query).scalar_one())
    except sa.exc.DBAPIError as error:
        if not _is_finding(error):
            raise
        return None


def _of_file() -> tuple[str, Mapping[str, str], list[str]]:
    words = advice(driver.sqlite_version_info)
    return f"SQLite {driver.sqlite_version}", {}, [words] if words else []


def _of_server(end: End) -> tuple[str, Mapping[str, str], list[str]]:
    with end.read() as connection:
        shown = standing.settings(connection)
        version = standing.version(connection)
    return f"PostgreSQL {version}", shown, list(standing.unwise(shown))


def _behind(revision: str) -> Iterator[str]:
    if revision != REVISIONS[-1]:
        yield f"the newest schema is {REVISIONS[-1]}; `store migrate`, or the next start, brings it"
