"""The few words that mean the same on a desk and in CI."""

import os
import re
from pathlib import Path

from .conftest import Run


def test_demo_ends_by_itself_when_asked(run: Run) -> None:
    assert "snyk-gateway demo --once" in run("make", "--dry-run", "demo", "ONCE=1")
    assert "--once" not in run("make", "--dry-run", "demo")


def test_test_runs_every_check_and_names_what_it_left_out(run: Run) -> None:
    commands = run("make", "--dry-run", "test")

    for tool in (
        "ruff check",
        "ruff format --check",
        "mypy",
        "lint-imports",
        "bandit",
        "hadolint",
        "check-jsonschema",
        "pytest",
    ):
        assert f".venv/bin/{tool}" in commands
    assert commands.splitlines()[-1].startswith('echo "left out:')


def test_every_target_is_explained(run: Run, makefile: str) -> None:
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    shown = re.findall(r"^  make (\w+) ", run("make", "help"), re.MULTILINE)

    assert phony is not None
    assert sorted(shown) == sorted(phony[1].split())


def test_ci_says_the_same_words(root: Path) -> None:
    script = root / ".ci" / "run"
    lines = script.read_text().splitlines()

    assert os.access(script, os.X_OK)
    assert "set -euo pipefail" in lines
    assert [line for line in lines if line.startswith("make ")] == [
        "make test",
        "make demo ONCE=1",
    ]
