from pathlib import Path

import pytest

from gateway.errors import CannotStart
from gateway.store.lock import Lock


def test_a_second_holder_is_refused_and_told_the_file(path: Path) -> None:
    first = Lock(path)

    with pytest.raises(CannotStart, match=r"gateway\.db: in use .*gateway\.db\.lock"):
        Lock(path)

    first.release()


def test_a_released_lock_can_be_taken_again(path: Path) -> None:
    Lock(path).release()

    Lock(path).release()


def test_a_symlink_to_the_database_is_no_second_database(path: Path, tmp_path: Path) -> None:
    path.touch()
    other = tmp_path / "other.db"
    other.symlink_to(path)
    first = Lock(path)

    with pytest.raises(CannotStart):
        Lock(other)

    first.release()


def test_a_lock_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match=r"missing/gateway\.db\.lock: cannot be written"):
        Lock(tmp_path / "missing" / "gateway.db")
