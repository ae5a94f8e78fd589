"""A store that cannot be used: one line, exit code 3, and not a byte of it changed."""

import asyncio
import hashlib
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from gateway.store.driver import driver
from gateway.store.lock import Lock
from gateway.store.store import Store
from tests.faults.configuration import configure
from tests.faults.process import start

PAGE = 4096
SCHEMA_CHILD = 100 + 8
"""Where the first page tells its last child: behind the file's header, in its own."""
LOCKS = """
import sqlite3, sys
other = sqlite3.connect(sys.argv[1], isolation_level=None)
other.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


def truncated(store: Path) -> None:
    with store.open("r+b") as file:
        file.truncate(5 * PAGE)


def overwritten(store: Path) -> None:
    """A page with descriptions of tables, as after a disk's fault.

    The first page names it: https://sqlite.org/fileformat2.html#b_tree_pages.
    """
    with store.open("r+b") as file:
        file.seek(SCHEMA_CHILD)
        page = int.from_bytes(file.read(4), "big")
        file.seek((page - 1) * PAGE)
        file.write(b"\xa5" * PAGE)


def not_a_database(store: Path) -> None:
    store.write_bytes(b"not a database" * 1000)


def newer(store: Path) -> None:
    with closing(driver.connect(str(store))) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()


async def refused(folder: Path, *words: str) -> list[str]:
    """What the program, run by these words, says before it exits with 3 and changes nothing."""
    config = configure(folder, "http://127.0.0.1:9")
    before = digests(folder / "store")

    life = await start(config, 1, before=words)

    assert await life.ended() == 3
    assert digests(folder / "store") == before
    return life.log.read_text().splitlines()


def digests(store: Path) -> dict[str, str]:
    """Of every file that holds something: not the lock, nor SQLite's index in shared memory."""
    return {
        each.name: hashlib.sha256(content).hexdigest()
        for each in sorted(store.iterdir())
        if not each.name.endswith("-shm") and (content := each.read_bytes())
    }


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """An empty store on the newest schema."""
    path = tmp_path / "store" / "gateway.db"
    Store.open(f"sqlite:///{path}").close()
    return path


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (not_a_database, "cannot be read as a database"),
        (truncated, "malformed"),
        (overwritten, "malformed"),
        (newer, "newer gateway"),
    ],
)
async def test_a_store_that_is_broken_or_newer_is_refused_and_untouched(
    tmp_path: Path, store: Path, spoil: Callable[[Path], None], said: str
) -> None:
    spoil(store)

    lines = await refused(tmp_path)

    assert len(lines) == 1
    assert str(store) in lines[0]
    assert said in lines[0]


async def test_a_store_on_a_disk_that_takes_no_write_is_refused_and_untouched(
    tmp_path: Path, store: Path
) -> None:
    lines = await refused(tmp_path, "sh", "-c", 'ulimit -f 0 && exec "$@"', "sh")

    assert len(lines) == 1
    assert str(store) in lines[0]
    assert "disk I/O error" in lines[0]


async def test_a_store_that_another_gateway_holds_is_refused_and_untouched(
    tmp_path: Path, store: Path
) -> None:
    lock = Lock(store)

    lines = await refused(tmp_path)

    lock.release()
    assert len(lines) == 1
    assert "in use by another gateway" in lines[0]


async def test_a_store_that_another_program_has_locked_is_refused_and_untouched(
    tmp_path: Path, store: Path
) -> None:
    async with locking(store):
        lines = await refused(tmp_path)

    assert len(lines) == 1
    assert "locked" in lines[0]


@asynccontextmanager
async def locking(store: Path) -> AsyncIterator[None]:
    """A process of its own: locks end when their process closes any handle on the file."""
    other = await asyncio.create_subprocess_exec(
        sys.executable, "-c", LOCKS, str(store), stdin=PIPE, stdout=PIPE
    )
    assert other.stdin is not None
    assert other.stdout is not None
    try:
        assert await other.stdout.readline() == b"locked\n"
        yield
    finally:
        other.stdin.close()
        await other.wait()
