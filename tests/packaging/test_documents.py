"""The documents say what is so: their examples are read, their links followed."""

import re
import shutil
from collections import ChainMap
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from gateway import samples
from gateway.cli.program import app
from gateway.codec import decode, pretty
from gateway.load import SECTIONS, load, schema
from gateway.metrics import SUPPRESSED
from gateway.preview.render import render
from gateway.preview.routing_test import cases, failures
from gateway.routing.settings import RouteSettings
from gateway.settings.reading import Reading

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("deploy/**/*.md")])
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LEAST = {
    "sinks": {"security-slack": {"type": "slack", "url": "https://hooks.slack.example/x"}},
    "route": {"sinks": ["security-slack"]},
}
EVERY = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def blocks(document: Path, language: str) -> Iterator[str]:
    for name, text in FENCE.findall(document.read_text()):
        if name == language:
            yield text


def examples(document: Path) -> Iterator[Any]:
    for text in blocks(document, "yaml"):
        yield yaml.safe_load(text)


@EVERY
def test_links_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:\s]+)\)", document.read_text())

    assert [link for link in links if not (document.parent / link).exists()] == []


@EVERY
def test_yaml_is_yaml(document: Path) -> None:
    assert all(isinstance(example, dict | list) for example in examples(document))


@EVERY
def test_commands_exist(document: Path) -> None:
    known = set(typer.main.get_group(app).commands)
    used = {
        word
        for text in blocks(document, "sh")
        for word in re.findall(r"snyk-gateway (?!-)([a-z-]+)", text)
    }

    assert used <= known


@EVERY
def test_make_targets_exist(document: Path, makefile: str) -> None:
    used = {
        word
        for text in blocks(document, "sh")
        for word in re.findall(r"^make (?:[A-Z]+=\S+ )*([a-z]+)", text, re.MULTILINE)
    }

    assert used <= set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))


def test_ten_lines_of_the_readme_run(tmp_path: Path) -> None:
    (text,) = blocks(ROOT / "README.md", "yaml")
    (tmp_path / "gateway.yaml").write_text(text)

    loaded = load(tmp_path, environ={}, offline=True)

    assert len(text.splitlines()) == 10
    assert {problem.kind for problem in loaded.warnings} <= {"unset"}


def test_defaults_are_those_of_the_settings() -> None:
    defaults = next(examples(ROOT / "docs" / "configuration.md"))

    assert defaults.keys() == SECTIONS.keys()
    for name, section in defaults.items():
        model = SECTIONS[name]
        assert model.model_validate(section, context=Reading()) == model()


def test_every_other_example_of_a_setting_is_taken(tmp_path: Path) -> None:
    _, *others = examples(ROOT / "docs" / "configuration.md")
    (tmp_path / "gateway.yaml").write_text(pretty(LEAST | dict(ChainMap(*others))))

    load(tmp_path, environ={}, offline=True)


def test_every_key_of_a_route_is_documented() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text()
    table = text.partition("| key of a route |")[2].partition("\n\n")[0]
    named = {
        name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.split(" | ")[0])
    }

    assert named == {field.alias or name for name, field in RouteSettings.model_fields.items()}


def test_every_reason_why_nobody_is_told_is_documented() -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    table = text.partition("| `reason` |")[2].partition("\n\n")[0]

    assert set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == SUPPRESSED


def test_documented_routing_tests_pass(tmp_path: Path) -> None:
    (text,) = blocks(ROOT / "docs" / "routing-tests.md", "yaml")
    folder = shutil.copytree(ROOT / "config", tmp_path / "config")
    (folder / "tests" / "documented.yaml").write_text(text)

    parts = load(folder, environ={}, offline=True).parts

    assert len(cases(parts.folder, parts)[0]) > len(text.split("- name")) - 1
    assert failures(parts) == []


def test_documented_template_renders(tmp_path: Path) -> None:
    (text,) = blocks(ROOT / "docs" / "templates.md", "text")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "short.slack.j2").write_text(text)
    (tmp_path / "gateway.yaml").write_text(
        "sources: {snyk: {type: snyk, secrets: [a-secret-of-sixteen-or-more]}}\n"
        "sinks: {c: {type: slack, url: 'https://hooks.slack.example/x', template: short}}\n"
        "route: {sinks: [c]}\n"
    )

    assert load(tmp_path, environ={}, offline=False).warnings == ()


def test_message_in_the_readme_is_what_is_really_sent() -> None:
    parts = load(ROOT / "config", environ={}, offline=True).parts
    at = datetime(2026, 3, 1, tzinfo=UTC)
    body = samples.encode(samples.bodies("new-critical", at=at)[0])
    (request,) = render(parts, body, at, "security-slack")
    (shown, *_) = blocks(ROOT / "README.md", "text")

    said = re.sub(r"<[^|>]*\|([^>]*)>|[*`]", r"\1", "\n".join(_texts(decode(request["body"]))))

    lines = [line.strip(" ┃").removesuffix("[Open in Snyk]").strip() for line in shown.splitlines()]
    assert [line for line in lines if " ".join(line.split()) not in " ".join(said.split())] == []


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value["text"]
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def test_schema_of_the_example_is_that_of_the_settings() -> None:
    assert decode((ROOT / "config" / "schema.json").read_bytes()) == schema()


@pytest.mark.parametrize("name", ["gateway.yaml", "routing.yaml", "store.yaml"])
def test_example_tells_editors_where_its_schema_is(name: str) -> None:
    first = (ROOT / "config" / name).read_text().splitlines()[0]

    assert first == "# yaml-language-server: $schema=schema.json"
