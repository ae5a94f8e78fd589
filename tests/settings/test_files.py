import os
from pathlib import Path

from gateway.settings import files
from gateway.settings.files import find


def names(path: Path) -> list[str]:
    return [each.name for each in find(path)]


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)


def test_files_that_a_configuration_is_made_of_count_the_nearest_first(tmp_path: Path) -> None:
    write(tmp_path, "a/b/deep.yaml", "tests/x.json", "templates/x.slack.j2", "z.yaml", "stray.yml")
    write(tmp_path, "key.pem", "notes.txt", ".hidden.yaml", ".git/x.yaml")

    assert names(tmp_path) == [
        "stray.yml",
        "z.yaml",
        "templates/x.slack.j2",
        "tests/x.json",
        "a/b/deep.yaml",
    ]


def test_links_into_hidden_folders_are_followed(tmp_path: Path) -> None:
    write(tmp_path, "..2026_01/gateway.yaml", "..2026_01/templates/x.j2")
    (tmp_path / "..data").symlink_to("..2026_01")
    (tmp_path / "gateway.yaml").symlink_to("..data/gateway.yaml")
    (tmp_path / "templates").symlink_to("..data/templates")

    assert names(tmp_path) == ["gateway.yaml", "templates/x.j2"]


def test_link_that_leads_back_up_ends_there(tmp_path: Path) -> None:
    write(tmp_path, "routes/a.yaml")
    (tmp_path / "routes" / "up").symlink_to("..")

    assert names(tmp_path) == ["routes/a.yaml"]


def test_link_that_leads_nowhere_is_a_file_without_a_status(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to("nowhere")

    found = list(find(tmp_path))

    assert [(each.name, each.status, each.target) for each in found] == [
        ("a.yaml", None, "nowhere")
    ]


def test_what_is_no_regular_file_is_left_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.yaml")
    (tmp_path / "b.yaml").mkdir()

    assert names(tmp_path) == []


def test_single_file_comes_with_the_folders_beside_it(tmp_path: Path) -> None:
    write(tmp_path, ".gateway.conf", "other.yaml", "routes/a.yaml")

    assert names(tmp_path / ".gateway.conf") == [".gateway.conf", "routes/a.yaml"]


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    assert names(tmp_path / "nowhere") == []


def test_there_is_a_bound_on_how_many_files_count(tmp_path: Path) -> None:
    write(tmp_path, *(f"{number:04}.yaml" for number in range(files.MOST_FILES + 1)))

    assert len(names(tmp_path)) == files.MOST_FILES
