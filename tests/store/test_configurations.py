from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from gateway.store import configurations, postgres
from gateway.store.configurations import Accepted
from gateway.store.kept import last_accepted
from gateway.store.schema import migrate
from gateway.store.sqlite import writer_engine


def test_only_the_last_one_is_kept(connection: sa.Connection, now: datetime) -> None:
    for name in ("first", "second"):
        configurations.accept(connection, Accepted(digest=name, accepted_at=now, files=b"x"))

    assert configurations.last(connection) == Accepted(digest="second", accepted_at=now, files=b"x")


def test_it_is_found_in_the_store_of_a_gateway_that_does_not_run(
    path: Path, url: str, now: datetime
) -> None:
    engine = writer_engine(path)
    migrate(engine)
    accepted = Accepted(digest="d", accepted_at=now, files=b"x")
    with engine.begin() as connection:
        configurations.accept(connection, accepted)
    engine.dispose()

    assert last_accepted(url) == accepted


def test_it_is_found_on_a_server_too(shared_url: str, now: datetime) -> None:
    engine = postgres.writer_engine(shared_url)
    accepted = Accepted(digest="d", accepted_at=now, files=b"x")
    with engine.begin() as connection:
        configurations.accept(connection, accepted)
    engine.dispose()

    assert last_accepted(shared_url) == accepted
    assert last_accepted("postgresql://gateway@127.0.0.1:1/x") is None


def test_there_is_none_where_there_is_no_store(url: str, path: Path) -> None:
    assert last_accepted(url) is None
    assert not path.exists()


def test_there_is_none_in_a_broken_store(url: str, path: Path) -> None:
    path.write_bytes(b"not a database" * 100)

    assert last_accepted(url) is None
