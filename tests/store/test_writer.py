import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.errors import StoreFull, Unavailable
from gateway.metrics import Metrics
from gateway.store import events, tables
from gateway.store.schema import migrate
from gateway.store.sqlite import writer_engine
from gateway.store.statements import these
from gateway.store.writer import Writer

SECONDS = 10  # how long a test waits for another thread before it fails
INCOMPRESSIBLE = random.Random(7).randbytes(400_000)


class Sour(Exception):
    pass


@pytest.fixture
def engine(path: Path) -> Iterator[sa.Engine]:
    engine = writer_engine(path)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def writer(engine: sa.Engine, metrics: Metrics) -> Iterator[Writer]:
    writer = Writer(engine, metrics)
    yield writer
    writer.close()


def commits(metrics: Metrics) -> float:
    return metrics.registry.get_sample_value("gateway_store_commit_seconds_count") or 0.0


def together(writer: Writer, *operations: Callable[[sa.Connection], Any]) -> list[Future[Any]]:
    """Queues the operations while the writer is busy, so that one commit takes them all."""
    started, gate = threading.Event(), threading.Event()

    def occupy(_connection: sa.Connection) -> None:
        started.set()
        gate.wait(SECONDS)

    busy = writer.submit(occupy)
    assert started.wait(SECONDS)
    futures = [writer.submit(operation) for operation in operations]
    gate.set()
    busy.result(SECONDS)
    return futures


def count(connection: sa.Connection) -> int:
    return int(connection.exec_driver_sql("SELECT count(*) FROM events").scalar_one())


def sour(_connection: sa.Connection) -> None:
    raise Sour


def test_operations_queued_meanwhile_share_one_commit(
    writer: Writer, metrics: Metrics, make: Any
) -> None:
    def add(number: int) -> Callable[[sa.Connection], Any]:
        return lambda c: events.add(c, [make.arrival(f"evt_{number}")])

    futures = together(writer, *(add(number) for number in range(200)))

    assert [future.result(SECONDS)[0].id for future in futures] == [f"evt_{n}" for n in range(200)]
    writer.close()
    assert commits(metrics) == 2


def test_a_failing_operation_fails_alone_and_leaves_nothing(writer: Writer, make: Any) -> None:
    def half(connection: sa.Connection) -> None:
        events.add(connection, [make.arrival("half")])
        raise Sour

    before, failing, after = together(
        writer,
        lambda c: events.add(c, [make.arrival("before")]),
        half,
        lambda c: events.add(c, [make.arrival("after")]),
    )

    with pytest.raises(Sour):
        failing.result(SECONDS)
    assert before.result(SECONDS)[0].id == "before"
    assert after.result(SECONDS)[0].id == "after"
    assert writer.submit(count).result(SECONDS) == 2


def test_an_error_of_the_engine_is_translated(writer: Writer) -> None:
    broken = writer.submit(lambda c: c.exec_driver_sql("SELECT nonsense"))

    with pytest.raises(Unavailable, match="nonsense") as raised:
        broken.result(SECONDS)
    assert not isinstance(raised.value, StoreFull)


def test_what_was_asked_wrongly_is_not_the_stores_trouble(writer: Writer, make: Any) -> None:
    twins = [make.arrival("evt_1", dedup=b"one"), make.arrival("evt_1", dedup=b"other")]

    wrong, innocent = together(writer, lambda c: events.add(c, twins), count)

    with pytest.raises(sa.exc.IntegrityError):
        wrong.result(SECONDS)
    assert innocent.result(SECONDS) == 0


def test_on_a_full_disk_nobody_in_the_batch_is_told_of_success(writer: Writer, make: Any) -> None:
    def limit(pages: int) -> Callable[[sa.Connection], Any]:
        return lambda c: c.exec_driver_sql(f"PRAGMA max_page_count = {pages}").scalar_one()

    pages = writer.submit(limit(1)).result(SECONDS)  # never below what is there

    futures = together(
        writer,
        lambda c: events.add(c, [make.arrival("before")]),
        lambda c: events.add(c, [make.arrival("large", body=INCOMPRESSIBLE)]),
        lambda c: events.add(c, [make.arrival("after")]),
    )

    for future in futures:
        with pytest.raises(StoreFull):
            future.result(SECONDS)
    assert writer.submit(count).result(SECONDS) == 0
    writer.submit(limit(pages + 1_000)).result(SECONDS)
    assert writer.submit(lambda c: events.add(c, [make.arrival("later")])).result(SECONDS)


def test_a_full_disk_that_an_operation_hides_is_found_out(writer: Writer, make: Any) -> None:
    def hide(connection: sa.Connection) -> str:
        try:
            events.add(connection, [make.arrival("large", body=INCOMPRESSIBLE)])
        except sa.exc.OperationalError:
            return "all is well"
        return "it fitted"

    writer.submit(lambda c: c.exec_driver_sql("PRAGMA max_page_count = 1")).result(SECONDS)

    (hidden,) = together(writer, hide)

    with pytest.raises(Unavailable):
        hidden.result(SECONDS)


def test_a_commit_that_fails_fails_everybody(writer: Writer) -> None:
    def orphan(connection: sa.Connection) -> str:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        connection.exec_driver_sql("INSERT INTO bodies VALUES ('nobody', x'00')")
        return "done"

    futures = together(writer, orphan, lambda _: "innocent")

    for future in futures:
        with pytest.raises(Unavailable, match="FOREIGN KEY"):
            future.result(SECONDS)


def test_who_gave_up_while_queued_is_skipped(writer: Writer) -> None:
    gate = threading.Event()
    writer.submit(lambda _: gate.wait(SECONDS))
    ran: list[str] = []
    given_up = writer.submit(lambda _: ran.append("given up"))
    waiting = writer.submit(lambda _: ran.append("waiting"))

    assert given_up.cancel()
    gate.set()
    waiting.result(SECONDS)

    assert ran == ["waiting"]


def test_closing_commits_what_is_queued_and_takes_nothing_more(
    writer: Writer, engine: sa.Engine, make: Any
) -> None:
    def add(number: int) -> Callable[[sa.Connection], Any]:
        return lambda c: events.add(c, [make.arrival(f"evt_{number}")])

    futures = [writer.submit(add(number)) for number in range(300)]

    writer.close()
    writer.close()

    assert all(future.done() for future in futures)
    with engine.connect() as connection:
        assert count(connection) == 300
    with pytest.raises(Unavailable, match="closed"):
        writer.submit(count)


def test_the_writer_outlives_any_number_of_failures(writer: Writer) -> None:
    for future in together(writer, *[sour] * 50):
        with pytest.raises(Sour):
            future.result(SECONDS)

    assert writer.submit(count).result(SECONDS) == 0


def test_errors_never_print_what_was_to_be_stored(writer: Writer, make: Any) -> None:
    arrival = make.arrival("evt_1", transport_id="do-not-print", version=None)

    failing = writer.submit(lambda c: events.add(c, [arrival]))

    with pytest.raises(sa.exc.IntegrityError) as raised:
        failing.result(SECONDS)
    assert "do-not-print" not in str(raised.value)


def test_every_commit_is_synced(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }

    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_statements_for_lists_of_many_lengths_are_prepared_once(engine: sa.Engine) -> None:
    prepared: list[int] = []
    query = sa.select(tables.events.c.id).where(these(tables.events.c.seq))

    def note(action: int, *_what: object) -> int:
        prepared.append(action)
        return 0  # allowed

    def ask(connection: sa.Connection) -> int:
        prepared.clear()
        for length in range(1, 301):
            connection.execute(query, {"these": list(range(length))})
        return len(prepared)

    with engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        raw.set_authorizer(note)  # SQLite asks it while it prepares a statement
        first, again = ask(connection), ask(connection)
        raw.set_authorizer(None)

    assert first >= 300
    assert again == 0
