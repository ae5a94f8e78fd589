from collections.abc import Sequence

import pytest

from tests.faults.timeline import (
    Answered,
    Created,
    FolderSynced,
    NotUnderstood,
    Reader,
    Removed,
    Step,
    Synced,
    Truncated,
    Written,
)


def hexed(text: str) -> str:
    return "".join(f"\\x{each:02x}" for each in text.encode())


def of(name: str) -> str:
    return f"<{hexed('/store' + name)}>"


LOG, FOLDER = of("/gateway.db-wal"), of("")


def read(*lines: str) -> Sequence[Step]:
    return list(Reader("/store/gateway.db").steps(lines))


def test_what_is_done_to_the_database_is_read() -> None:
    assert read(
        f'7 openat(AT_FDCWD<{hexed("/")}>, "{hexed("/store/gateway.db-wal")}", O_CREAT) = 4{LOG}',
        f'7 pwrite64(4{LOG}, "{hexed("abc")}", 3, 4096) = 3',
        f"7 fsync(4{LOG})    = 0",
        f"7 fdatasync(5{FOLDER}) = 0",
        f"7 ftruncate(4{LOG}, 8) = 0",
        f'7 unlink("{hexed("/store/gateway.db-wal")}") = 0',
    ) == [
        Created("gateway.db-wal"),
        Written("gateway.db-wal", 4096, b"abc"),
        Synced("gateway.db-wal"),
        FolderSynced(),
        Truncated("gateway.db-wal", 8),
        Removed("gateway.db-wal"),
    ]


HEAD, BODY = hexed("HTTP/1.1 200 OK\r\n\r\n"), hexed('{"event":"evt_1","status":"accepted"}')


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("sendto", f'"{HEAD}{BODY}", 9, 0, NULL, 0 <unfinished ...>'),
        ("write", f'"{HEAD}{BODY}", 9) = 9'),
        ("writev", f'[{{iov_base="{HEAD}", iov_len=5}}, {{iov_base="{BODY}", iov_len=4}}], 2) = 9'),
    ],
)
def test_an_answer_counts_once_it_is_being_sent(call: str, said: str) -> None:
    assert read(f"7 {call}(4<{hexed('socket:[1]')}>, {said}") == [Answered("evt_1")]


def test_a_write_counts_when_it_begins_and_a_sync_when_it_returns() -> None:
    assert read(
        f"7 fsync(4{LOG} <unfinished ...>",
        f'8 pwrite64(5{of("/gateway.db")}, "{hexed("a")}", 1, 0 <unfinished ...>',
        "7 <... fsync resumed>) = 0",
        "8 <... pwrite64 resumed>) = 1",
    ) == [Written("gateway.db", 0, b"a"), Synced("gateway.db-wal")]


def test_other_files_and_calls_that_failed_are_left_out() -> None:
    assert (
        read(
            f'7 pwrite64(5{of("/gateway.db-shm")}, "{hexed("a")}", 1, 0) = 1',
            f'7 unlink("{hexed("/store/gateway.db-wal")}") = -1 ENOENT (No such file or directory)',
            "7 +++ exited with 0 +++",
        )
        == []
    )


@pytest.mark.parametrize(
    "lines",
    [
        [f'7 pwrite64(4{LOG}, "{hexed("abc")}", 3, 0) = 2'],
        [f'7 pwrite64(4{LOG}, "{hexed("abc")}"..., 9, 0) = 9'],
        [f'7 write(4{LOG}, "{hexed("abc")}", 3) = 3'],
        [f"7 fsync(4{LOG} <unfinished ...>", "7 <... fsync resumed>) = -1 EIO (Input/output)"],
        [f"7 fsync(4{LOG} <unfinished ...>", f'8 pwrite64(5{LOG}, "{hexed("a")}", 1, 0) = 1'],
    ],
    ids=["short write", "content cut off", "unknown call", "sync failed", "write during a sync"],
)
def test_what_the_disk_has_no_place_for_is_refused(lines: Sequence[str]) -> None:
    with pytest.raises(NotUnderstood):
        read(*lines)
