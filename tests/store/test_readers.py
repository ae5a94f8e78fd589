from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.errors import Unavailable
from gateway.store import events, listing
from gateway.store.readers import Readers
from gateway.store.schema import migrate
from gateway.store.sqlite import writer_engine
from tests.store.conftest import undispatched

SECONDS = 10
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"


@pytest.fixture
def writer(path: Path) -> Iterator[sa.Engine]:
    engine = writer_engine(path)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def readers(path: Path, writer: sa.Engine) -> Iterator[Readers]:  # noqa: ARG001 - makes the file
    readers = Readers(path, patience=0.05)
    yield readers
    readers.close()


def test_reads_see_what_is_committed_and_nothing_else(
    readers: Readers, writer: sa.Engine, make: Any
) -> None:
    with writer.begin() as connection:
        events.add(connection, [make.arrival("evt_1")])
        assert readers.submit(undispatched).result(SECONDS) == 0

    assert readers.submit(undispatched).result(SECONDS) == 1


def test_one_read_sees_one_moment(readers: Readers, writer: sa.Engine, make: Any) -> None:
    def twice(reading: sa.Connection) -> tuple[int, int]:
        before = undispatched(reading)
        with writer.begin() as connection:
            events.add(connection, [make.arrival("evt_1")])
        return before, undispatched(reading)

    assert readers.submit(twice).result(SECONDS) == (0, 0)


def test_a_read_that_takes_too_long_is_ended(readers: Readers) -> None:
    endless = readers.submit(lambda c: c.exec_driver_sql(ENDLESS).scalar_one())

    with pytest.raises(Unavailable, match=r"longer than 0\.05 s"):
        endless.result(SECONDS)
    assert readers.submit(undispatched).result(SECONDS) == 0


@pytest.mark.parametrize(
    "statement", ["DELETE FROM events", "PRAGMA user_version = 7", "CREATE TABLE t (a)"]
)
def test_readers_cannot_write(readers: Readers, statement: str) -> None:
    with pytest.raises(Unavailable):
        readers.submit(lambda c: c.exec_driver_sql(statement)).result(SECONDS)


def test_what_an_operation_raises_reaches_its_caller(readers: Readers) -> None:
    with pytest.raises(ZeroDivisionError):
        readers.submit(lambda _: 1 // 0).result(SECONDS)


def test_many_reads_at_once_all_end(readers: Readers) -> None:
    futures = [readers.submit(lambda c: listing.events(c, limit=1)) for _ in range(50)]

    assert all(future.result(SECONDS).items == [] for future in futures)


def test_closed_readers_are_unavailable(readers: Readers) -> None:
    readers.close()

    with pytest.raises(Unavailable, match="closed"):
        readers.submit(undispatched)
