from pathlib import Path
from typing import Any

import pytest

from gateway.rendering.folder import BUILT_IN

NAMES = sorted(file.name for file in BUILT_IN.glob("*.j2"))


def test_the_built_in_templates_are_listed(run: Any) -> None:
    result = run("templates", "list")

    assert (result.exit_code, result.stdout.splitlines()) == (0, NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_template_is_shown_as_it_is(run: Any, name: str) -> None:
    result = run("templates", "show", name)

    assert (result.exit_code, result.stdout) == (0, (BUILT_IN / name).read_text())


def test_a_template_is_copied_to_where_the_configuration_takes_it(run: Any, tmp_path: Path) -> None:
    result = run("templates", "copy", "slack.slack.j2", "--config", str(tmp_path))

    copied = tmp_path / "templates" / "slack.slack.j2"
    assert result.exit_code == 0
    assert copied.read_text() == (BUILT_IN / "slack.slack.j2").read_text()
    assert result.stderr.endswith("takes it with template: slack\n")


def test_what_stands_there_is_not_written_over(run: Any, tmp_path: Path) -> None:
    own = tmp_path / "templates" / "slack.slack.j2"
    own.parent.mkdir()
    own.write_text("mine")

    result = run("templates", "copy", "slack.slack.j2", "--config", str(tmp_path))

    assert (result.exit_code, own.read_text()) == (1, "mine")
    assert "stands already" in result.stderr


@pytest.mark.parametrize("verb", ["show", "copy"])
@pytest.mark.parametrize("name", ["nope", "../context.py", "slack"])
def test_an_unknown_template_is_none(run: Any, tmp_path: Path, verb: str, name: str) -> None:
    where = ("--config", str(tmp_path)) if verb == "copy" else ()

    result = run("templates", verb, name, *where)

    assert result.exit_code == 1
    assert "templates list shows them" in result.stderr


def test_a_folder_that_is_not_there_is_said(run: Any, tmp_path: Path) -> None:
    result = run("templates", "copy", NAMES[0], "--config", str(tmp_path / "confg"))

    assert result.exit_code == 2
    assert "is not there" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_said(run: Any, tmp_path: Path) -> None:
    (tmp_path / "templates").write_text("a file")

    result = run("templates", "copy", NAMES[0], "--config", str(tmp_path))

    assert result.exit_code == 2
    assert "cannot be written" in result.stderr
