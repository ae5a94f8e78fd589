"""What is installed: exact versions with hashes, and from nowhere in particular."""

import re
from pathlib import Path

import pytest

PIN = re.compile(r"^([a-z0-9._-]+)==(\S+)(?: ; (.+?))? \\$", re.MULTILINE)
FILES = ("requirements.txt", "requirements-dev.txt")


def pins(file: Path) -> dict[str, tuple[str, str]]:
    """Version and marker of every package."""
    return {name: (version, marker) for name, version, marker in PIN.findall(file.read_text())}


@pytest.mark.parametrize("name", FILES)
def test_every_package_has_a_version_and_a_hash(root: Path, name: str) -> None:
    blocks = re.split(r"\n(?! )", (root / name).read_text().strip())

    assert all(PIN.match(block) and "--hash=sha256:" in block for block in blocks)


@pytest.mark.parametrize("name", FILES)
def test_no_address_is_named(root: Path, name: str) -> None:
    text = (root / name).read_text()

    assert not re.search(r"://|--(?:extra-)?index-url|--find-links|--trusted-host", text)


def test_tools_are_added_to_what_runs_and_change_nothing_of_it(root: Path) -> None:
    runtime, dev = (pins(root / name) for name in FILES)

    assert runtime.items() <= dev.items()


def test_every_dependency_of_the_project_is_locked(root: Path) -> None:
    project = (root / "pyproject.toml").read_text()
    section = project.partition("dependencies = [")[2].partition("\n]")[0]
    names = re.findall(r'^\s+"([a-z0-9-]+)', section, re.MULTILINE)

    assert names
    assert set(names) <= pins(root / "requirements.txt").keys()
