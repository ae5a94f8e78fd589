from pathlib import Path
from textwrap import dedent
from xml.etree import ElementTree as ET

import pytest

from .conftest import Run

CONFIGURATION = """\
sources: {snyk: {type: snyk, secrets: [a-secret-of-sixteen-or-more]}}
sinks: {chat: {type: slack, url: "https://hooks.slack.example/services/T0/B0/x"}}
route: {sinks: [chat]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "gateway.yaml").write_text(CONFIGURATION)
    (tmp_path / "tests").mkdir()
    return tmp_path


def write(folder: Path, tests: str) -> None:
    (folder / "tests" / "routing.yaml").write_text(dedent(tests))


def test_all_that_pass_exit_0(folder: Path, run: Run) -> None:
    write(
        folder, "- {name: a, event: {sample: new-critical}, expect: [{finding: SNYK-JS-LODASH-1}]}"
    )

    result = run("test", str(folder))

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "1 routing test, 0 failed\n"


def test_failure_shows_its_place_and_the_difference_and_exits_1(folder: Path, run: Run) -> None:
    write(folder, "- {name: quiet, event: {sample: new-critical}, expect_none: [chat]}")

    result = run("test", str(folder))

    assert result.exit_code == 1
    assert result.stdout == (
        f"{folder}/tests/routing.yaml:1: quiet: chat\n"
        "  - expected nothing\n"
        "  + got      SNYK-JS-LODASH-1 (route root → chat)\n"
    )


def test_broken_test_file_is_a_problem_with_its_place(folder: Path, run: Run) -> None:
    write(folder, "- {nam: a}")

    result = run("test", str(folder))

    assert result.exit_code == 1
    assert "routing.yaml:1:4: tests[0].nam: unknown key (did you mean 'name'?)" in result.stderr


def test_results_are_written_for_build_servers(folder: Path, run: Run, tmp_path: Path) -> None:
    write(
        folder,
        """\
        - {name: a, event: {sample: clean}, expect_none: [chat]}
        - {name: b, event: {sample: new-critical}, expect_none: [chat]}
        """,
    )

    run("test", str(folder), "--junit", str(tmp_path / "junit.xml"))

    suite = ET.parse(tmp_path / "junit.xml").getroot()  # noqa: S314 - written a moment ago
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert [(case.get("name"), len(case)) for case in suite] == [("a", 0), ("b", 1)]
