"""Rules as an operator writes them, and what they do: nothing here looks inside."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway import codec
from gateway.errors import SettingsError
from gateway.load import Loaded, load
from gateway.preview.explain import bare, explain
from gateway.preview.reading import read
from gateway.preview.routing_test import failures
from gateway.settings.problem import Problem

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
"""A Monday."""

SECTIONS: Mapping[str, Any] = {
    "sources": {"snyk": {"type": "snyk", "secrets": ["a-secret-of-sixteen-or-more"]}},
    "sinks": {
        "chat": {"type": "slack", "url": "https://hooks.slack.example/services/T0/B0/hidden"},
        "siem": {"type": "http", "url": "https://siem.example/ingest"},
        "oncall": {"type": "opsgenie", "api_key": "genie-key-genie-key"},
    },
    "internal": {"sinks": ["chat", "siem", "oncall"]},
}


def issue(id_: str = "X-1", **about: Any) -> dict[str, Any]:
    """One of Snyk's issues: high, unless its `issueData` says otherwise."""
    known = {"severity": "high", "identifiers": {"CVE": ["CVE-2026-1"]}}
    return {
        "id": id_,
        "issueType": "vuln",
        "pkgName": "left-pad",
        **about,
        "issueData": {**known, **about.get("issueData", {})},
    }


def snapshot(
    *new: Mapping[str, Any],
    removed: tuple[Mapping[str, Any], ...] = (),
    project: Mapping[str, Any] | None = None,
    **more: Any,
) -> bytes:
    """A body of Snyk's."""
    body = {
        "project": {"id": "p1", "name": "acme/shop", **(project or {})},
        "org": {"id": "o1", "slug": "acme", "name": "Acme"},
        "newIssues": list(new),
        "removedIssues": list(removed),
        **more,
    }
    return codec.encode(body)


@dataclass(frozen=True)
class Ask:
    """Asks what rules, written in YAML, would do."""

    folder: Path

    def load(self, rules: str) -> Loaded:
        """The configuration with these rules; a section of theirs replaces ours."""
        own = yaml.safe_load(rules)
        ours = {name: each for name, each in SECTIONS.items() if name not in own}
        (self.folder / "gateway.yaml").write_text(yaml.safe_dump(ours))
        (self.folder / "routing.yaml").write_text(rules)
        return load(self.folder, environ={}, offline=True)

    def told(self, rules: str) -> list[Problem]:
        """What `check` has to say of the rules themselves."""
        try:
            found = self.load(rules).warnings
        except SettingsError as error:
            found = tuple(error.problems)
        return [each for each in found if each.file.endswith("routing.yaml")]

    def problems(self, rules: str) -> list[str]:
        """The problems of the rules."""
        return [each.text for each in self.told(rules) if each.level == "problem"]

    def warnings(self, rules: str) -> list[str]:
        """The warnings; empty where the rules have problems."""
        told = self.told(rules)
        return [] if any(each.is_fatal for each in told) else [each.text for each in told]

    def explain(self, rules: str, body: bytes, at: datetime = AT) -> dict[str, Any]:
        """What `explain --json` prints."""
        parts = self.load(rules).parts
        return bare(explain(parts, read(parts, body, at), at))

    def deliveries(self, rules: str, body: bytes, at: datetime = AT) -> list[dict[str, Any]]:
        """The deliveries of the findings, one after the other."""
        found = self.explain(rules, body, at)["findings"]
        return [delivery for finding in found for delivery in finding["deliveries"]]

    def routes(self, rules: str, body: bytes, at: datetime = AT) -> list[str]:
        """The routes that take the findings."""
        return [delivery["route"] for delivery in self.deliveries(rules, body, at)]

    def matches(
        self, *matchers: str, when: str | None = None, of: Mapping[str, Any] | None = None
    ) -> bool:
        """Whether a route that asks for this takes a finding; `of` is its issue, and `project`."""
        about = dict(of or {})
        project = about.pop("project", None)
        body = snapshot(issue(**about), project=project)
        return self.routes(asking(*matchers, when=when), body) == ["asked"]

    def refused(self, *matchers: str, when: str | None = None) -> bool:
        """Whether a route that asks for this is a problem."""
        return bool(self.problems(asking(*matchers, when=when)))

    def tests(self, rules: str, tests: str) -> list[str]:
        """What `test` finds wrong with routing tests."""
        parts = self.load(rules).parts
        (self.folder / "tests").mkdir(exist_ok=True)
        (self.folder / "tests" / "routing.yaml").write_text(tests)
        return [each.text.removeprefix("routing test failed: ") for each in failures(parts)]


def asking(*matchers: str, when: str | None = None) -> str:
    """Rules with one route that asks for something."""
    route: dict[str, Any] = {"name": "asked", "matchers": list(matchers)}
    route |= {} if when is None else {"when": when}
    return yaml.safe_dump({"route": {"sinks": ["chat"], "routes": [route]}})


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    return Ask(tmp_path)
