"""docs/routing.md says what is so: its examples are loaded, and what they explain is explained."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway import codec, samples
from gateway.cli.program import run
from gateway.load import load
from gateway.preview.explain import explain
from gateway.preview.reading import read
from gateway.routing.fields import FIELDS

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
PAGE = Path(__file__).parents[2] / "docs" / "routing.md"
BLOCK = re.compile(r"^```(yaml|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INCLUDED = re.compile(r"# (routes/\S+\.yaml)\n")
MACHINE_ROOM = {
    "sources": {"snyk": {"type": "snyk", "secrets": ["a-secret-of-sixteen-or-more"]}},
    "sinks": {
        "security-slack": {"type": "slack", "url": "https://hooks.slack.example/security"},
        "legal": {"type": "slack", "url": "https://hooks.slack.example/legal"},
        "oncall": {"type": "opsgenie", "api_key": "made-up-key"},
        "siem": {"type": "http", "url": "https://siem.example/ingest"},
    },
    "route": {"sinks": ["security-slack"]},
}


@dataclass(slots=True)
class Example:
    """A configuration on the page, and what it says of it."""

    number: int
    sections: dict[str, Any]
    files: dict[str, str]
    """Files that it includes, by name."""
    shown: list[str] = field(default_factory=list)
    """Commands with their output."""

    def write(self, folder: Path) -> Path:
        """The folder, with the example in it and whatever the page leaves to the reader."""
        (folder / "gateway.yaml").write_text(codec.pretty(MACHINE_ROOM | self.sections))
        for name, text in self.files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text)
        return folder


def examples() -> Iterator[Example]:
    found: list[Example] = []
    files: dict[str, str] = {}
    for language, text in BLOCK.findall(PAGE.read_text()):
        if language == "console":
            found[-1].shown.append(text)
        elif included := INCLUDED.match(text):
            files[included[1]] = text
        else:
            found.append(Example(len(found) + 1, yaml.safe_load(text), files))
            files = {}
    yield from found


EXAMPLES = list(examples())
EVERY = pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: str(each.number))


@EVERY
def test_examples_are_configurations_that_nothing_is_wrong_with(
    example: Example, tmp_path: Path
) -> None:
    warnings = load(example.write(tmp_path), environ={}, offline=False).warnings

    # An example does not use every sink, and its silences end some day.
    odd = [each for each in warnings if not re.match(r"sinks\.|silences", each.path)]
    assert odd == []


@pytest.mark.parametrize(
    ("example", "shown"),
    [(example, shown) for example in EXAMPLES for shown in example.shown],
    ids=lambda each: str(each.number) if isinstance(each, Example) else "",
)
def test_commands_print_what_the_page_shows(
    example: Example, shown: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command, _, output = shown.partition("\n")
    prompt, program, *words = shlex.split(command)

    with pytest.raises(SystemExit) as ended:
        run([*words, "--config", str(example.write(tmp_path))])

    assert (prompt, program, ended.value.code) == ("$", "snyk-gateway", 0)
    pattern = re.escape(output.strip()).replace("…", "(?s:.*)")  # … stands for whatever is left out
    assert re.fullmatch(pattern, capsys.readouterr().out.strip())


@pytest.mark.parametrize(("tier", "taken_by"), [("10", "upper-tiers"), ("5", "root"), ("", "root")])
def test_a_tag_is_a_number_in_the_example_that_makes_it_one(
    tier: str, taken_by: str, tmp_path: Path
) -> None:
    (example,) = [each for each in EXAMPLES if "tags.tier" in str(each.sections)]
    parts = load(example.write(tmp_path), environ={}, offline=False).parts
    (sample,) = samples.bodies("license", at=AT)
    tags = [{"key": "tier", "value": tier}]
    body = codec.encode({**sample, "project": {**sample["project"], "tags": tags}})

    (finding,) = explain(parts, read(parts, body, AT), AT)["findings"]

    assert [each["route"] for each in finding["deliveries"]] == [taken_by]


def test_every_field_is_on_the_page() -> None:
    table = PAGE.read_text().partition("| field | is |")[2].partition("\n\n")[0]
    named = set()
    for row in table.splitlines():
        above = ""
        for name in re.findall(r"`([^`]+)`", row.partition(" | ")[0]):
            above = above if name.startswith(".") else name.partition(".")[0]
            named.add(above + name if name.startswith(".") else name)

    assert named == FIELDS.keys() | {"project.tags.KEY"}
