import os
import zlib
from pathlib import Path

import pytest

from gateway import codec
from gateway.errors import Unreadable
from gateway.settings import snapshot as module
from gateway.settings.snapshot import Snapshot, signature


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "config"
    for name in ("gateway.yaml", "templates/x.slack.j2", "tests/a.yaml", "routes/team.yaml"):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(f"# {name}\n")
    return made


def test_everything_that_was_taken_can_be_written_elsewhere(folder: Path, tmp_path: Path) -> None:
    taken = Snapshot.take(folder)

    written = Snapshot.unpacked(taken.packed()).write_to(tmp_path / "copy")

    copy = Snapshot.take(written)
    assert (copy.files, copy.digest) == (taken.files, taken.digest)
    assert set(copy.files) == {
        "gateway.yaml",
        "routes/team.yaml",
        "templates/x.slack.j2",
        "tests/a.yaml",
    }


def test_what_is_written_is_for_its_owner_only(folder: Path, tmp_path: Path) -> None:
    Snapshot.take(folder).write_to(tmp_path / "copy")

    assert (tmp_path / "copy" / "gateway.yaml").stat().st_mode & 0o777 == 0o600


def test_single_file_is_written_as_one(folder: Path, tmp_path: Path) -> None:
    (folder / "other.yaml").write_text("# not read\n")
    taken = Snapshot.unpacked(Snapshot.take(folder / "gateway.yaml").packed())

    assert "other.yaml" not in taken.files
    assert taken.write_to(tmp_path / "copy") == tmp_path / "copy" / "gateway.yaml"


def test_name_that_is_not_utf8_survives(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff.yaml")
    (tmp_path / name).write_text("# odd\n")
    taken = Snapshot.take(tmp_path)

    assert Snapshot.unpacked(taken.packed()) == taken
    assert len(taken.digest) == 64


def test_file_that_cannot_be_read_is_left_out_and_known_by_its_name(folder: Path) -> None:
    before = Snapshot.take(folder)
    (folder / "gone.yaml").symlink_to("nowhere")

    taken = Snapshot.take(folder)

    assert (taken.files, taken.left_out) == (before.files, ("gone.yaml",))
    assert taken.digest != before.digest
    assert Snapshot.unpacked(taken.packed()).digest == taken.digest


def test_file_that_does_not_fit_is_left_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 60)

    taken = Snapshot.take(folder)

    assert sum(map(len, taken.files.values())) <= 60
    assert taken.left_out == ("tests/a.yaml",)


def test_nothing_is_taken_where_nothing_is(tmp_path: Path) -> None:
    assert Snapshot.take(tmp_path / "nowhere").files == {}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": b"b"}, {"ab": b""}),
        ({"a": b"", "b": b""}, {"a": b"b"}),
        ({"a": b"1", "b": b"2"}, {"a": b"2", "b": b"1"}),
    ],
)
def test_digest_tells_apart_what_differs(one: dict[str, bytes], other: dict[str, bytes]) -> None:
    assert Snapshot(files=one).digest != Snapshot(files=other).digest


def test_digest_does_not_depend_on_the_order(folder: Path) -> None:
    taken = Snapshot.take(folder)

    assert Snapshot(files=dict(reversed(list(taken.files.items())))).digest == taken.digest


def test_content_does_not_print() -> None:
    assert "hunter2" not in repr(Snapshot(files={"a.yaml": b"hunter2"}))


def packed(**content: object) -> bytes:
    return zlib.compress(codec.encode({"single": "", "left_out": [], "files": [], **content}))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no zlib",
        zlib.compress(b"no JSON"),
        zlib.compress(b"[]"),
        packed()[:-5],
        packed(files=[[1, 2]]),
        packed(files=[[b"../a.yaml", b""]]),
        packed(files=[[b"/etc/a.yaml", b""]]),
        packed(single=b"../a.yaml"),
    ],
)
def test_what_was_not_packed_here_is_refused(content: bytes) -> None:
    with pytest.raises(Unreadable):
        Snapshot.unpacked(content)


def test_what_unpacks_to_more_than_fits_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_UNPACKED", len(zlib.decompress(packed())) - 1)

    with pytest.raises(Unreadable, match="too long"):
        Snapshot.unpacked(packed())


def test_signature_stays_while_nothing_moves(folder: Path) -> None:
    assert signature(folder) == signature(folder)


def test_signature_notices_an_edit_that_sets_back_its_time(folder: Path) -> None:
    before, file = signature(folder), folder / "gateway.yaml"
    status = file.stat()

    file.write_text("# GATEWAY.YAML\n")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))

    assert signature(folder) != before
