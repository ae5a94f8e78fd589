import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gateway.errors import CannotStart
from gateway.store.driver import driver
from gateway.store.migrations import REVISIONS
from gateway.store.soundness import report
from gateway.store.store import Store
from gateway.store.tables import metadata
from tests.store.conftest import Make
from tests.store.filled import fill


def in_file(path: Path, *statements: str) -> None:
    raw = driver.connect(str(path), isolation_level=None)
    for statement in statements:
        raw.execute(statement)
    raw.close()


def on_server(url: str, *statements: str) -> None:
    with psycopg.connect(url) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def filled(url: str, make: Make) -> str:
    fill(url, make)
    return url


@pytest.fixture
def shared(shared_url: str, make: Make) -> str:
    fill(shared_url, make)
    return shared_url


def test_a_sound_file_is_told_with_its_rows(filled: str) -> None:
    found = report(filled)

    assert (found.store, found.revision, found.findings) == (filled, REVISIONS[-1], [])
    assert found.engine == f"SQLite {driver.sqlite_version}"
    assert found.rows.keys() == metadata.tables.keys()
    assert found.rows["deliveries"] == 12


def test_a_sound_database_is_told_with_its_server(shared: str) -> None:
    found = report(shared)

    assert (found.revision, found.findings) == (REVISIONS[-1], [])
    assert found.engine.startswith("PostgreSQL 1")
    assert found.rows["deliveries"] == 12
    assert found.settings["server_encoding"] == "UTF8"
    assert {*found.settings} == {
        *("server_encoding", "synchronous_commit", "fsync", "full_page_writes")
    }


def test_a_server_that_may_lose_commits_is_warned_of(shared: str) -> None:
    name = shared.rpartition("/")[2]
    on_server(shared, f"ALTER DATABASE {name} SET synchronous_commit = off")

    found = report(shared)

    said = [each.partition(":")[0] for each in found.warnings]
    assert "synchronous_commit is off" in said
    assert ("fsync is off" in said) == (found.settings["fsync"] == "off")
    assert found.findings == []


def test_a_look_changes_nothing(filled: str, path: Path) -> None:
    before = (path.read_bytes(), path.stat().st_mtime_ns)

    report(filled)

    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_a_file_can_be_looked_at_while_a_gateway_runs(filled: str) -> None:
    store = Store.open(filled)

    assert report(filled).findings == []

    store.close()


def test_rows_that_refer_to_none_are_found_in_a_file(filled: str, path: Path) -> None:
    in_file(path, "PRAGMA foreign_keys=OFF", "DELETE FROM deliveries WHERE id = 'dlv_1'")

    assert report(filled).findings == ["attempts: 1 row refers to deliveries that are not there"]


def test_rows_that_refer_to_none_are_found_in_a_database(shared: str) -> None:
    on_server(
        shared,
        "SET session_replication_role = replica",  # no trigger looks after a foreign key
        "DELETE FROM alerts",
    )

    assert report(shared).findings == [
        "deliveries: 1 row refers to alerts that are not there",
        "entries: 2 rows refer to alerts that are not there",
        "told: 1 row refers to alerts that are not there",
    ]


TAKEN = ("DROP TABLE budgets", "DROP INDEX deliveries_due", "ALTER TABLE lanes DROP free_at")
MISSED = {
    "the table budgets is missing",
    "deliveries: the index deliveries_due is missing",
    "lanes: the column free_at is missing",
}


def test_what_is_missing_is_found_in_a_file(filled: str, path: Path) -> None:
    in_file(path, *TAKEN)

    found = report(filled)

    assert "budgets" not in found.rows
    assert {*found.findings} == MISSED


def test_what_is_missing_is_found_in_a_database(shared: str) -> None:
    on_server(shared, *TAKEN, "ALTER TABLE events DROP CONSTRAINT events_dedup_key")

    found = report(shared)

    assert "budgets" not in found.rows
    assert {*found.findings} == {*MISSED, "events: nothing keeps dedup unique"}


def test_an_index_that_is_not_used_is_found(shared: str) -> None:
    on_server(
        shared,
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'deliveries_due'::regclass",
    )

    assert report(shared).findings == [
        "the index deliveries_due is invalid: REINDEX INDEX deliveries_due"
    ]


@contextmanager
def reader_of(url: str) -> Iterator[str]:
    """URL of a role that may only read."""
    role = f"reader_{os.getpid()}"
    on_server(
        url, f"CREATE ROLE {role} LOGIN", f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"
    )
    try:
        yield url.replace("gateway@", f"{role}@")
    finally:
        on_server(url, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_a_role_that_may_not_write_is_found(shared: str) -> None:
    with reader_of(shared) as url:
        found = report(url)

    assert "deliveries: the role may not INSERT" in found.findings
    assert "deliveries: the role may not use the sequence of seq" in found.findings
    assert not any("SELECT" in each for each in found.findings)


def test_a_role_that_may_not_read_a_table_is_told_of_it(shared: str) -> None:
    with reader_of(shared) as url:
        role = url.partition("//")[2].partition("@")[0]
        on_server(shared, f"REVOKE ALL ON budgets FROM {role}")
        found = report(url)

    assert found.rows["budgets"] is None
    assert "budgets: the role may not SELECT" in found.findings


def test_damage_is_found(filled: str, path: Path) -> None:
    raw = driver.connect(str(path))
    query = "SELECT rootpage FROM sqlite_schema WHERE name = 'deliveries'"
    (root,) = raw.execute(query).fetchone()
    (size,) = raw.execute("PRAGMA page_size").fetchone()
    raw.close()
    with path.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * 64)

    assert report(filled).findings


def test_an_older_schema_is_a_warning(filled: str, path: Path) -> None:
    in_file(path, "UPDATE alembic_version SET version_num = '0003'", "DROP TABLE duties")

    found = report(filled)

    assert (found.revision, found.findings) == ("0003", [])
    assert found.warnings[0] == (
        "the newest schema is 0005; `store migrate`, or the next start, brings it"
    )


@pytest.mark.parametrize("content", [b"", b"scribble" * 1000])
def test_what_is_no_store_cannot_be_looked_at(url: str, path: Path, content: bytes) -> None:
    path.write_bytes(content)

    with pytest.raises(CannotStart):
        report(url)


def test_two_looks_are_alike(filled: str) -> None:
    one: Any = report(filled)

    assert one == report(filled)
