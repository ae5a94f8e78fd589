import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.settings.snapshot import Snapshot
from gateway.settings.watching import Watch


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as Kubernetes mounts it, and files beside that."""
    for version in ("..2026_01", "..2026_02"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "mounted.yaml").write_text(f"# {version}\n")
    (tmp_path / "..data").symlink_to("..2026_01")
    (tmp_path / "mounted.yaml").symlink_to("..data/mounted.yaml")
    for name in ("gateway.yaml", "templates/x.slack.j2", "tests/a.yaml", "routes/team.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("# old\n")
    return tmp_path


@pytest.fixture
def watch(folder: Path) -> Watch:
    """One that has seen the folder and found it quiet."""
    made = Watch(folder)
    made.mark(Snapshot.take(folder).digest)
    assert [made.changed(), made.changed()] == [False, False]
    return made


def swap_the_link(folder: Path) -> None:
    (folder / "..data_tmp").symlink_to("..2026_02")
    (folder / "..data_tmp").rename(folder / "..data")


def rename_over(folder: Path) -> None:
    (folder / "new.tmp").write_text("# new\n")
    (folder / "new.tmp").rename(folder / "gateway.yaml")


def edit(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text("# something else\n")


CHANGES: dict[str, Callable[[Path], object]] = {
    "symlink swapped": swap_the_link,
    "renamed over": rename_over,
    "edited in place": edit("gateway.yaml"),
    "file added": edit("more.yaml"),
    "file removed": lambda folder: (folder / "gateway.yaml").unlink(),
    "template changed": edit("templates/x.slack.j2"),
    "test changed": edit("tests/a.yaml"),
    "included file changed": edit("routes/team.yaml"),
    "folder renamed": lambda folder: (folder / "routes").rename(folder / "teams"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_change_is_told_once_when_it_is_quiet_again(
    folder: Path, watch: Watch, change: Callable[[Path], object]
) -> None:
    change(folder)

    assert [watch.changed() for _ in range(40)] == [False, True, *[False] * 38]


def test_folder_that_is_swapped_as_a_whole_is_a_change(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "gateway.yaml").write_text(f"# {name}\n")
    (tmp_path / "config").symlink_to("one")
    watch = Watch(tmp_path / "config")
    seen = [watch.changed(), watch.changed()]

    (tmp_path / "config").unlink()
    (tmp_path / "config").symlink_to("two")

    assert [*seen, watch.changed(), watch.changed()] == [False, False, False, True]


def touch(folder: Path) -> None:
    os.utime(folder / "gateway.yaml", (1, 1))


def write_the_same(folder: Path) -> None:
    (folder / "new.tmp").write_text("# old\n")
    (folder / "new.tmp").rename(folder / "gateway.yaml")


@pytest.mark.parametrize("change", [touch, write_the_same, edit("notes.txt"), edit(".a.yaml")])
def test_what_leaves_the_content_as_it_was_is_no_change(
    folder: Path, watch: Watch, change: Callable[[Path], object]
) -> None:
    change(folder)

    assert not any(watch.changed() for _ in range(40))


def test_nothing_is_told_while_files_keep_moving(folder: Path, watch: Watch) -> None:
    moving = []
    for number in range(5):
        (folder / "gateway.yaml").write_text(f"# {'x' * number}\n")
        moving.append(watch.changed())

    assert (moving, watch.changed()) == ([False] * 5, True)


def test_change_that_is_taken_back_is_told_too(folder: Path, watch: Watch) -> None:
    file = folder / "gateway.yaml"
    file.write_text("# broken\n")
    broken = [watch.changed(), watch.changed()]

    file.write_text("# old\n")

    assert [*broken, watch.changed(), watch.changed()] == [False, True, False, True]


def test_content_that_was_marked_meanwhile_is_no_change(folder: Path, watch: Watch) -> None:
    edit("gateway.yaml")(folder)

    watch.mark(Snapshot.take(folder).digest)

    assert not any(watch.changed() for _ in range(40))


def test_mark_of_other_content_makes_what_is_there_a_change(folder: Path) -> None:
    watch = Watch(folder)

    watch.mark("that of a configuration in the store")

    assert [watch.changed() for _ in range(3)] == [False, True, False]


def test_content_is_compared_now_and_then_though_nothing_seems_to_move(folder: Path) -> None:
    watch = Watch(folder, signature=lambda _: ())
    assert not any(watch.changed() for _ in range(3))

    edit("gateway.yaml")(folder)

    assert sum(watch.changed() for _ in range(30)) == 1


def test_files_that_move_while_they_are_read_are_read_again(folder: Path) -> None:
    moves = iter([1, 1, 2, 2, 2, 2])
    watch = Watch(folder, signature=lambda _: (next(moves),))
    watch.mark("")

    assert [watch.changed() for _ in range(4)] == [False, False, False, True]
