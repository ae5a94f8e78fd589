from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.errors import CannotStart, Misused, Unavailable
from gateway.store import ends
from gateway.store.driver import driver
from gateway.store.lock import Lock
from gateway.store.migrations import REVISIONS
from gateway.store.store import Store
from tests.postgres import database
from tests.store.conftest import NOW
from tests.store.filled import on_duty


@pytest.fixture
def made(url: str) -> str:
    """Of a store that was opened once."""
    Store.open(url).close()
    return url


def test_a_new_target_is_made(url: str, path: Path) -> None:
    with ends.target(url) as end:
        assert (end.found, end.name) == (None, url)

    assert [file.name for file in path.parent.iterdir() if "-" not in file.name]
    with ends.target(url) as end:
        assert end.found == REVISIONS[-1]


def test_an_empty_database_is_made_a_target(postgres_url: str) -> None:
    with database(postgres_url) as url:
        with ends.target(url) as end:
            assert end.found is None
        with ends.target(url) as end:
            assert end.found == REVISIONS[-1]


def test_a_source_that_is_none_leaves_nothing(url: str, path: Path) -> None:
    with pytest.raises(CannotStart, match="there is no store"), ends.source(url):
        pass

    assert list(path.parent.iterdir()) == []


def test_an_empty_database_is_no_source(postgres_url: str) -> None:
    with (
        database(postgres_url) as url,
        pytest.raises(CannotStart, match="there is no store"),
        ends.source(url),
    ):
        pass


def test_a_source_of_an_older_gateway_is_to_be_migrated_first(made: str, path: Path) -> None:
    raw = driver.connect(str(path))
    raw.execute("UPDATE alembic_version SET version_num = '0003'")
    raw.commit()
    raw.close()

    with pytest.raises(CannotStart, match=r"on schema 0003 .* `snyk-gateway store migrate` first"):
        ends.source(made).__enter__()


@pytest.mark.parametrize("side", [ends.source, ends.target])
def test_a_file_in_use_is_refused(side: object, made: str, path: Path) -> None:
    lock = Lock(path)

    with pytest.raises(CannotStart, match="in use by another gateway"):
        side(made).__enter__()  # type: ignore[operator]  # any of several

    lock.release()


def test_a_file_in_use_can_be_seen(made: str, path: Path) -> None:
    lock = Lock(path)

    with ends.seen(made) as (_, revision):
        assert revision == REVISIONS[-1]

    lock.release()


def test_what_is_only_read_cannot_be_written(made: str, shared_url: str) -> None:
    for url in (made, shared_url):
        with (
            ends.source(url) as end,
            pytest.raises(Unavailable, match=r"read-?only"),
            end.read() as connection,
        ):
            connection.exec_driver_sql("DELETE FROM budgets")


def test_a_store_is_not_copied_onto_itself(made: str, path: Path, tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(path)

    for other in (made, f"sqlite:///{tmp_path}/link.db", f"sqlite:///{tmp_path}/./gateway.db"):
        with pytest.raises(Misused, match="is the store itself"):
            ends.both(made, other, NOW).__enter__()


def test_a_database_is_not_copied_onto_itself(shared_url: str) -> None:
    other = shared_url.replace("127.0.0.1", "localhost") + "?connect_timeout=5"

    with pytest.raises(Misused, match="is the store itself"):
        ends.both(shared_url, other, NOW).__enter__()


def test_while_a_gateway_has_a_duty_nothing_is_copied(made: str, shared_url: str) -> None:
    on_duty(shared_url, timedelta(seconds=20))

    for pair in ((made, shared_url), (shared_url, f"{made}.copy")):
        with pytest.raises(CannotStart, match=r"in use by a gateway; .* for \d+ s more\)"):
            ends.both(*pair, NOW).__enter__()


def test_a_duty_that_is_over_is_nobody_s(made: str, shared_url: str) -> None:
    on_duty(shared_url, timedelta(seconds=-1))

    with ends.both(made, shared_url, NOW) as (one, other):
        assert (one.name, other.name) == (made, shared_url)


def test_no_error_says_the_password(unused_tcp_port: int) -> None:
    url = f"postgresql://gateway:hunter22@127.0.0.1:{unused_tcp_port}/gateway"

    with pytest.raises(Unavailable, match=r"^postgresql://gateway@127") as raised:
        ends.source(url).__enter__()

    assert "hunter22" not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_writer_s_changes_are_kept_or_not_at_all(made: str) -> None:
    with ends.target(made) as end:
        with pytest.raises(Unavailable, match="no such table: missing"):
            _change_and_fail(end)
        with end.read() as connection:
            assert connection.execute(sa.text("SELECT count(*) FROM locks")).scalar() == 0


def _change_and_fail(end: ends.Target) -> None:
    with end.write() as connection:
        connection.exec_driver_sql("INSERT INTO locks VALUES ('a')")
        connection.exec_driver_sql("INSERT INTO missing VALUES (1)")
