"""What no committed file may hold: this must install on any machine, from any mirror."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

BANNED = {
    "a path of one machine": r"(?<![\w.~-])/(?:work|root|home|Users)/\w",
    "a registry's host": (
        r"pypi\.org|pythonhosted\.org|registry\.npmjs|deb\.debian\.org"
        r"|docker\.io|ghcr\.io|quay\.io|proxy\.golang"
    ),
    "a download": r"releases/download|raw\.githubusercontent|https?://\S+\.(?:whl|tar\.gz|zip|deb)",
    "an image's digest": r"@sha256:",
}


@pytest.mark.parametrize("what", BANNED)
def test_nothing_in_the_tree_holds(tree: Sequence[Path], what: str) -> None:
    pattern = re.compile(BANNED[what])
    found = [
        f"{path}: {match[0]}"
        for path in tree
        if path != Path(__file__)
        if (match := pattern.search(path.read_text(encoding="utf-8", errors="replace")))
    ]

    assert found == []


def test_files_that_a_project_has_are_there(root: Path) -> None:
    for name in ("README", "ARCHITECTURE", "CONTRIBUTING", "CHANGELOG", "SECURITY"):
        assert (root / f"{name}.md").read_text().startswith("# ")
    assert "Apache License" in (root / "LICENSE").read_text()


def test_every_package_of_the_gateway_has_a_layer(root: Path) -> None:
    contracts = (root / ".importlinter").read_text()
    layers = contracts.partition("layers =\n")[2].partition("\n\n")[0]
    placed = set(re.findall(r"\w+", layers))
    there = {
        path.stem
        for path in (root / "gateway").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }

    assert there - {"__init__"} == placed
