"""Whether a file is ours to open, and the way to the newest schema."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from gateway.errors import CannotStart
from gateway.store.driver import driver
from gateway.store.migrations import REVISIONS

_TABLES = "SELECT count(*) FROM sqlite_master WHERE type = 'table'"
_OURS = "SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'"
_VERSION = "SELECT version_num FROM alembic_version"


def examine(path: Path) -> str | None:
    """The revision that the file is on, None where it is new; changes nothing.

    Raises CannotStart for a file that is broken, foreign or newer than this code.
    """
    if not path.exists() or path.stat().st_size == 0:
        return None
    try:
        with closing(driver.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as reader:
            tables, ours = (reader.execute(query).fetchone()[0] for query in (_TABLES, _OURS))
            row = reader.execute(_VERSION).fetchone() if ours else None
    except driver.Error as error:
        raise CannotStart(f"{path}: cannot be read as a database: {error}") from None
    if row is None and tables > ours:
        raise CannotStart(f"{path}: is a database of another program")
    if row is not None and row[0] not in REVISIONS:
        raise CannotStart(_newer(f"{path}:", row[0]))
    return str(row[0]) if row else None


def revision_of(connection: sa.Connection) -> str | None:
    """The revision that a server's database is on, None where it is empty; changes nothing.

    Raises CannotStart for one that is of another program, or newer than this code.
    """
    tables = {*sa.inspect(connection).get_table_names()}
    row = connection.exec_driver_sql(_VERSION).first() if "alembic_version" in tables else None
    if row is None and tables - {"alembic_version"}:
        raise CannotStart("the database is of another program; give the gateway one of its own")
    if row is not None and row[0] not in REVISIONS:
        raise CannotStart(_newer("the database", row[0]))
    return str(row[0]) if row else None


def _newer(what: str, revision: str) -> str:
    return (
        f"{what} was written by a newer gateway (schema {revision}, "
        f"this one knows {REVISIONS[-1]}); start that one, or restore a backup"
    )


def migrate(engine: sa.Engine) -> None:
    """Brings the schema to the newest revision, or changes nothing."""
    # Importing Alembic takes longer than the rest of a start.
    from alembic import command  # noqa: PLC0415 - most starts need none
    from alembic.config import Config  # noqa: PLC0415 - most starts need none

    config = Config()
    config.set_main_option("script_location", "gateway.store:migrations")
    with _without_references(engine), engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@contextmanager
def _without_references(engine: sa.Engine) -> Iterator[None]:
    """Lets tables be rebuilt that others refer to (sqlite.org/lang_altertable.html, section 7)."""
    if engine.dialect.name != "sqlite":
        yield
        return
    raw: Any = engine.raw_connection().driver_connection
    raw.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        raw.execute("PRAGMA foreign_keys=ON")
