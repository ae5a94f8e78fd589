import asyncio
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.errors import CannotStart, StoreDamaged, StoreFull, Unavailable
from gateway.metrics import Metrics
from gateway.store import deliveries, events
from gateway.store.store import Store
from tests.store.conftest import NOW, undispatched


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    store = Store.open(url)
    yield store
    store.close()


def test_missing_folders_are_made(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "gateway.db"

    Store.open(f"sqlite:///{path}").close()

    assert path.exists()


def test_odd_characters_in_a_path_are_no_trouble(tmp_path: Path) -> None:
    path = tmp_path / "a b%20#?é.db"

    Store.open(f"sqlite:///{path}").close()
    Store.open(f"sqlite:///{path}").close()

    assert path.exists()


def test_a_relative_path_counts_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    Store.open("sqlite:///data/gateway.db").close()

    assert (tmp_path / "data" / "gateway.db").exists()


@pytest.mark.usefixtures("store")
def test_a_second_store_is_refused(url: str) -> None:
    with pytest.raises(CannotStart, match=r"gateway\.db: in use by another gateway"):
        Store.open(url)


@pytest.mark.usefixtures("store")
def test_a_second_process_is_refused_too(path: Path) -> None:
    code = f"import pathlib, gateway.store.lock as l; l.Lock(pathlib.Path({str(path)!r}))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)

    assert done.returncode == 1
    assert b"in use by another gateway" in done.stderr


def test_a_closed_store_leaves_one_file_and_lets_the_next_in(url: str, path: Path) -> None:
    Store.open(url).close()
    second = Store.open(url)
    second.close()
    second.close()

    assert {file.name for file in path.parent.iterdir()} == {"gateway.db", "gateway.db.lock"}


def test_a_broken_file_is_refused_untouched_and_unlocked(url: str, path: Path) -> None:
    path.write_bytes(b"scribble" * 1_000)

    for _ in range(2):
        with pytest.raises(CannotStart, match="cannot be read as a database"):
            Store.open(url)

    assert path.read_bytes() == b"scribble" * 1_000


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(CannotStart, match=r"file/data: cannot be made"):
        Store.open(f"sqlite:///{tmp_path}/file/data/gateway.db")


def test_a_path_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotStart):
        Store.open(f"sqlite:///{tmp_path}")


async def test_what_is_written_is_read(store: Store, make: Any) -> None:
    added = await store.write(lambda c: events.add(c, [make.arrival("evt_1")]))

    assert [one.id for one in added] == ["evt_1"]
    assert await store.read(undispatched) == 1


async def test_an_operation_outlives_its_cancelled_caller(store: Store, make: Any) -> None:
    started, gate = threading.Event(), threading.Event()

    def slow(connection: sa.Connection) -> None:
        started.set()
        gate.wait(10)
        events.add(connection, [make.arrival("evt_1")])

    caller = asyncio.create_task(store.write(slow))
    await asyncio.to_thread(started.wait, 10)

    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    gate.set()

    assert await store.write(undispatched) == 1


async def test_a_store_that_can_commit_is_writable(store: Store) -> None:
    assert await store.writable()


async def test_one_that_cannot_is_not(store: Store) -> None:
    await store.write(lambda c: c.exec_driver_sql("DROP TABLE pulse"))

    assert not await store.writable()


async def test_a_closed_store_is_neither_written_nor_read(url: str) -> None:
    store = Store.open(url)
    store.close()

    assert not await store.writable()
    with pytest.raises(Unavailable):
        await store.write(undispatched)
    with pytest.raises(Unavailable):
        await store.read(undispatched)


async def test_a_full_disk_is_told_as_such(store: Store, make: Any) -> None:
    await store.write(lambda c: c.exec_driver_sql("PRAGMA max_page_count = 1"))

    with pytest.raises(StoreFull):
        await store.write(lambda c: events.add(c, [make.arrival(f"evt_{n}") for n in range(5_000)]))


async def test_commits_are_measured(url: str) -> None:
    metrics = Metrics()
    store = Store.open(url, metrics=metrics)
    await store.writable()
    store.close()

    assert metrics.registry.get_sample_value("gateway_store_commit_seconds_count") == 1.0


async def test_a_store_is_not_ready_any_more_once_damage_was_met(url: str, path: Path) -> None:
    store = Store.open(url)
    root = await store.read(_root_of_deliveries)
    store.close()
    with path.open("r+b") as file:
        size = _page_size(file)
        file.seek((root - 1) * size)
        file.write(b"\xff" * 64)
    store = Store.open(url)
    before = await store.writable()

    with pytest.raises(StoreDamaged, match=r"damaged: .*; restore it from a copy"):
        await store.read(lambda connection: deliveries.gauges(connection, NOW))

    assert (before, await store.writable()) == (True, False)
    store.close()


def _root_of_deliveries(connection: sa.Connection) -> int:
    query = sa.text("SELECT rootpage FROM sqlite_schema WHERE name = 'deliveries_by_state'")
    return int(connection.execute(query).scalar_one())


def _page_size(file: Any) -> int:
    """As the file's own header says (sqlite.org/fileformat2.html)."""
    file.seek(16)
    size = int.from_bytes(file.read(2), "big")
    return 65_536 if size == 1 else size


async def test_what_was_acknowledged_is_there_after_a_crash(
    url: str, tmp_path: Path, make: Any
) -> None:
    store = Store.open(url)
    await store.write(lambda c: events.add(c, [make.arrival("evt_1", body=b"kept")]))
    crashed = tmp_path / "crashed"
    shutil.copytree(tmp_path, crashed)  # as a killed process leaves it
    store.close()

    store = Store.open(f"sqlite:///{crashed}/gateway.db")

    assert await store.read(lambda c: events.body(c, "evt_1")) == b"kept"
    store.close()


def test_files_are_for_their_owner_only(url: str, tmp_path: Path) -> None:
    store = Store.open(url)

    modes = {path.name: path.stat().st_mode & 0o077 for path in tmp_path.rglob("*.db*")}

    assert set(modes.values()) == {0}
    store.close()
