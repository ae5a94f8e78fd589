import pkgutil
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from gateway.errors import CannotStart
from gateway.store.driver import driver
from gateway.store.migrations import REVISIONS, versions
from gateway.store.schema import examine, migrate
from gateway.store.sqlite import writer_engine
from gateway.store.tables import metadata
from tests.store.conftest import ON_SQLITE


def test_the_migrations_make_the_tables(connection: sa.Connection) -> None:
    context = MigrationContext.configure(connection, opts={"compare_type": True})

    assert compare_metadata(context, metadata) == []


@ON_SQLITE
def test_every_table_has_the_indexes_with_their_conditions(connection: sa.Connection) -> None:
    query = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %'"
    partial = {row.name for row in connection.exec_driver_sql(query)}

    assert partial == {
        "alerts_open_key",
        "alerts_resolved",
        "deliveries_ended",
        "entries_open",
        "entries_worst",
        "deliveries_due",
        "deliveries_leased",
        "deliveries_unfinished",
        "deliveries_judged",
        "deliveries_orphaned",
        "deliveries_tried",
        "alerts_reminding",
        "events_leased",
        "events_unread",
    }


def test_every_revision_is_listed() -> None:
    modules = [module.name for module in pkgutil.iter_modules(versions.__path__)]

    assert [name[1:5] for name in sorted(modules)] == list(REVISIONS)


def test_migrating_twice_changes_nothing(path: Path) -> None:
    engine = writer_engine(path)
    migrate(engine)
    migrate(engine)
    engine.dispose()

    assert examine(path) == REVISIONS[-1]


@pytest.mark.parametrize("content", [None, b""])
def test_a_missing_or_empty_file_is_new(path: Path, content: bytes | None) -> None:
    if content is not None:
        path.write_bytes(content)

    assert examine(path) is None


@pytest.mark.parametrize(
    "content", [b"not a database" * 100, b"SQLite format 3\x00" + b"\xff" * 200]
)
def test_a_broken_file_is_refused_and_untouched(path: Path, content: bytes) -> None:
    path.write_bytes(content)

    with pytest.raises(CannotStart, match=r"gateway\.db: cannot be read as a database") as raised:
        examine(path)

    assert path.read_bytes() == content
    assert "\n" not in str(raised.value)


def test_a_truncated_file_is_refused_and_untouched(path: Path) -> None:
    engine = writer_engine(path)
    migrate(engine)
    engine.dispose()
    content = path.read_bytes()[: 4096 * 3]
    path.write_bytes(content)

    with pytest.raises(CannotStart, match="malformed"):
        examine(path)

    assert path.read_bytes() == content


def test_a_newer_schema_is_refused_and_untouched(path: Path) -> None:
    _make(path, "CREATE TABLE alembic_version (version_num TEXT)")
    _make(path, "INSERT INTO alembic_version VALUES ('9999')")
    content = path.read_bytes()

    with pytest.raises(CannotStart, match="newer gateway \\(schema 9999"):
        examine(path)

    assert path.read_bytes() == content


def test_a_database_of_another_program_is_refused_and_untouched(path: Path) -> None:
    _make(path, "CREATE TABLE songs (title TEXT)")
    content = path.read_bytes()

    with pytest.raises(CannotStart, match="another program"):
        examine(path)

    assert path.read_bytes() == content


def _make(path: Path, statement: str) -> None:
    connection = driver.connect(str(path))
    connection.execute(statement)
    connection.commit()
    connection.close()
