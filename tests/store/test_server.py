import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.errors import CannotStart, Unavailable
from gateway.metrics import Metrics
from gateway.store import events, postgres
from gateway.store.opening import open_server
from gateway.store.server import Away, Server
from tests.postgres import database, server

SECONDS = 20.0


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def store(shared_url: str, metrics: Metrics) -> Iterator[Server]:
    opened = open_server(shared_url, metrics=metrics, patience=1.0)
    yield opened
    opened.close()


def count(connection: sa.Connection) -> int:
    return int(connection.exec_driver_sql("SELECT count(*) FROM events").scalar_one())


def setting(name: str) -> Any:
    return lambda connection: connection.exec_driver_sql(f"SHOW {name}").scalar_one()


def test_what_is_written_is_read_and_measured(store: Server, metrics: Metrics, make: Any) -> None:
    store.write(lambda c: events.add(c, [make.arrival("evt_1")])).result(SECONDS)

    assert store.read(count).result(SECONDS) == 1
    assert metrics.registry.get_sample_value("gateway_store_commit_seconds_count") == 1.0


def test_an_operation_that_breaks_leaves_nothing(store: Server, make: Any) -> None:
    def broken(connection: sa.Connection) -> None:
        events.add(connection, [make.arrival("evt_1")])
        raise LookupError

    with pytest.raises(LookupError):
        store.write(broken).result(SECONDS)

    assert store.read(count).result(SECONDS) == 0


def test_a_commit_is_on_the_disk_whatever_the_server_s_own_setting(store: Server) -> None:
    store.write(
        lambda c: c.exec_driver_sql("ALTER ROLE CURRENT_USER SET synchronous_commit = off")
    ).result(SECONDS)

    assert store.write(setting("synchronous_commit")).result(SECONDS) == "on"
    assert store.write(setting("transaction_isolation")).result(SECONDS) == "read committed"
    store.write(
        lambda c: c.exec_driver_sql("ALTER ROLE CURRENT_USER RESET synchronous_commit")
    ).result(SECONDS)


def test_a_read_sees_one_moment_and_changes_nothing(store: Server, make: Any) -> None:
    def look(connection: sa.Connection) -> tuple[int, int]:
        before = count(connection)
        store.write(lambda c: events.add(c, [make.arrival("evt_1")])).result(SECONDS)
        return before, count(connection)

    assert store.read(look).result(SECONDS) == (0, 0)
    with pytest.raises(Unavailable, match="read-only"):
        store.read(lambda c: events.add(c, [make.arrival("evt_2")])).result(SECONDS)


def test_a_read_that_takes_too_long_is_ended(store: Server) -> None:
    with pytest.raises(Unavailable, match="statement timeout"):
        store.read(lambda c: c.exec_driver_sql("SELECT pg_sleep(5)")).result(SECONDS)


def test_two_who_block_each_other_both_succeed(store: Server, make: Any) -> None:
    store.write(lambda c: events.add(c, [make.arrival("a"), make.arrival("b")])).result(SECONDS)
    both = threading.Barrier(2)
    begun: list[str] = []

    def change(first: str, second: str) -> Future[Any]:
        def operation(connection: sa.Connection) -> None:
            begun.append(first)
            for number, id_ in enumerate((first, second)):
                connection.exec_driver_sql("UPDATE events SET error = 'x' WHERE id = %s", (id_,))
                if number == 0 and len(begun) <= 2:
                    both.wait(SECONDS)

        return store.write(operation)

    futures = [change("a", "b"), change("b", "a")]

    for future in futures:
        future.result(SECONDS)
    assert len(begun) == 3  # one of them began again


def test_errors_never_print_what_was_to_be_stored(store: Server, make: Any) -> None:
    arrival = make.arrival("evt_1", transport_id="do-not-print", version=None)

    with pytest.raises(sa.exc.IntegrityError) as raised:
        store.write(lambda c: events.add(c, [arrival])).result(SECONDS)

    assert "do-not-print" not in str(raised.value)


def test_a_closed_store_is_neither_written_nor_read(shared_url: str) -> None:
    store = open_server(shared_url, patience=1.0)
    store.close()

    for ask in (store.read, store.write):
        with pytest.raises(Unavailable, match="closed"):
            ask(count)


def test_a_server_that_is_killed_is_away_and_comes_back(make: Any) -> None:
    with server() as running:
        store = open_server(running.url, patience=1.0)
        store.write(lambda c: events.add(c, [make.arrival("evt_1")])).result(SECONDS)
        running.kill()

        for _ in range(3):
            with pytest.raises(Unavailable):
                store.write(count).result(SECONDS)
        running.start()
        found = _in_time(store)

        assert found == 1
        store.close()


def _in_time(store: Server) -> int:
    tick = threading.Event()
    for _ in range(100):
        try:
            return int(store.read(count).result(SECONDS))
        except Unavailable:
            tick.wait(0.1)
    raise AssertionError("it did not come back")


def test_replicas_that_start_on_an_empty_database_all_find_it_ready(postgres_url: str) -> None:
    with database(postgres_url) as url:
        start = f"from gateway.store.store import Store; Store.open({url!r}).close()"

        replicas = [
            subprocess.Popen([sys.executable, "-c", start], stderr=subprocess.PIPE)
            for _ in range(4)
        ]
        said = [replica.communicate(timeout=60)[1] for replica in replicas]

    assert said == [b""] * 4
    assert [replica.returncode for replica in replicas] == [0] * 4


def test_a_database_of_another_program_is_refused_untouched(postgres_url: str) -> None:
    with database(postgres_url) as url:
        engine = postgres.writer_engine(url)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE theirs (id int)")

        with pytest.raises(CannotStart, match="is of another program"):
            open_server(url, patience=1.0)

        with engine.connect() as connection:
            assert sa.inspect(connection).get_table_names() == ["theirs"]
        engine.dispose()


def test_a_newer_database_is_refused(shared_url: str) -> None:
    engine = postgres.writer_engine(shared_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()

    with pytest.raises(CannotStart, match=r"newer gateway \(schema 9999"):
        open_server(shared_url, patience=1.0)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (("postgresql://gateway@", "postgresql://stranger@"), "role .stranger. does not exist"),
        (("/gateway_", "/missing_"), "database .missing_[0-9a-f]+. does not exist"),
    ],
)
def test_who_may_not_in_is_told_so_at_once(
    shared_url: str, change: tuple[str, str], text: str
) -> None:
    with pytest.raises(CannotStart, match=text):
        open_server(shared_url.replace(*change), patience=1.0)


def test_a_server_that_is_not_there_is_waited_for_and_then_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.store.opening._PATIENCE", 1.0)

    with pytest.raises(CannotStart, match=r"postgresql://gateway@127\.0\.0\.1:1/x: cannot be used"):
        open_server("postgresql://gateway:secret@127.0.0.1:1/x", patience=1.0)


def test_each_pause_before_a_server_is_asked_again_is_twice_as_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at = [100.0]
    monkeypatch.setattr("gateway.store.server.time.monotonic", lambda: at[0])
    away, pauses = Away(), []
    for _ in range(7):
        away.lost()
        began = at[0]
        while not _may_ask(away):
            at[0] += 0.01
        pauses.append(round(at[0] - began, 1))
    away.found()
    away.lost()
    at[0] += 0.11

    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0]
    assert _may_ask(away)


def _may_ask(away: Away) -> bool:
    try:
        away.check()
    except Unavailable:
        return False
    return True
