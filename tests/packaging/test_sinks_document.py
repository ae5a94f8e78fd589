"""docs/sinks.md says what is so: its examples are loaded, and every setting is named."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.codec import pretty
from gateway.load import load
from gateway.sinks.catalogue import PRESETS, SINKS
from gateway.sinks.sink import SinkSettings

PAGE = (Path(__file__).parents[2] / "docs" / "sinks.md").read_text()
SECTIONS: Mapping[str, str] = {
    section.partition("\n")[0]: section for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)
}
EVERY = pytest.mark.parametrize("kind", SINKS)
PLACEHOLDERS = {"unset"}


def of(kind: str) -> str:
    """The part of the page that says `type: kind`; a preset takes what `http` takes."""
    kinds = (kind, "http") if kind in PRESETS else (kind,)
    parts = SECTIONS.values()
    return "".join(each for each in parts if any(f"type: {name}" in each for name in kinds))


def sinks() -> list[Mapping[str, Any]]:
    """The sinks of each example."""
    blocks = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    examples = map(yaml.safe_load, blocks)
    return [example["sinks"] for example in examples if "sinks" in example]


@pytest.mark.parametrize("example", sinks(), ids="-".join)
def test_an_example_has_nothing_wrong_with_it(example: Mapping[str, Any], tmp_path: Path) -> None:
    made = {
        "sources": {"snyk": {"type": "snyk", "secrets": ["a-secret-of-sixteen-or-more"]}},
        "sinks": example,
        "tables": {"owners": {"default": "security@corp.example"}},
        "route": {
            "sinks": list(example),
            "labels": {"team": "{{ project.tags.team }}"},
            "group_by": ["finding"],  # or `check` warns of what pages once for several
        },
    }
    (tmp_path / "gateway.yaml").write_text(pretty(made))

    loaded = load(tmp_path, environ={}, offline=True)

    assert [str(each) for each in loaded.warnings if each.kind not in PLACEHOLDERS] == []


@EVERY
def test_every_sink_has_an_example(kind: str) -> None:
    assert kind in {settings["type"] for example in sinks() for settings in example.values()}


@EVERY
def test_every_setting_of_its_own_is_named(kind: str) -> None:
    fields = SINKS[kind].settings.model_fields
    own = {fields[name].alias or name for name in fields.keys() - SinkSettings.model_fields.keys()}

    assert {name for name in own if f"`{name}" not in of(kind)} == set()


@EVERY
def test_every_sink_has_a_row_in_the_table(kind: str) -> None:
    table = PAGE.partition("| type |")[2].partition("\n\n")[0]

    assert f"| `{kind}` |" in table
