"""docs/templates.md names everything that a template sees, and nothing else."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway import samples
from gateway.load import load
from gateway.preview.notices import notices
from gateway.preview.reading import read
from gateway.rendering.bounds import Bounds
from gateway.rendering.context import names

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "templates.md").read_text()
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
TABLES_OF_THEIR_OWN = {"project", "alert.worst"}
KEYS_OF_OTHERS = {"labels", "tables", "raw.project", "raw.org"}
"""Their keys are the operator's, or Snyk's."""


@pytest.fixture(scope="module")
def known() -> Mapping[str, Any]:
    """What the template of a real message sees."""
    parts = load(ROOT / "config", environ={}, offline=True).parts
    body = samples.encode(samples.bodies("new-critical", at=AT)[0])
    _, notice = next(notices(parts, read(parts, body, AT), body, AT))
    return names(notice, Bounds(), sink={"name": "oncall", "type": "opsgenie"})


def paths(value: Any, path: str = "") -> Iterator[str]:
    """`alert.id`, `alert.counts.high`: every name, as far down as names are ours."""
    if not isinstance(value, Mapping) or path in TABLES_OF_THEIR_OWN | KEYS_OF_OTHERS:
        yield path
        return
    for key, each in value.items():
        yield from paths(each, f"{path}.{key}" if path else key)


def documented(heading: str) -> list[str]:
    """The names in the first column; one that begins with a dot goes on from the one before."""
    table = PAGE.partition(f"| {heading} | holds |\n")[2].partition("\n\n")[0]
    found = []
    for row in table.splitlines():
        above = ""
        for name in re.findall(r"`([^`]+)`", row.partition(" | ")[0]):
            above = above if name.startswith(".") else name.rpartition(".")[0]
            found.append(above + name if name.startswith(".") else name)
    return sorted(found)


def test_every_name_is_on_the_page(known: Mapping[str, Any]) -> None:
    assert documented("name") == sorted(paths(known))


def test_everything_of_a_finding_is_on_the_page(known: Mapping[str, Any]) -> None:
    assert documented("of a finding") == sorted(known["alert"]["findings"][0])


def test_everything_of_a_project_is_on_the_page(known: Mapping[str, Any]) -> None:
    assert documented("of a project") == sorted(known["project"])
