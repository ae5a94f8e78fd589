from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway import samples
from gateway.cli.explain import tree
from gateway.codec import encode
from gateway.errors import Unreadable
from gateway.load import load
from gateway.preview.explain import bare, explain
from gateway.preview.reading import read
from tests.preview.conftest import Build

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)

HIDDEN_RULES = """\
sources: {snyk: {type: snyk, secrets: [a-secret-of-sixteen-or-more]}}
sinks: {chat: {type: slack, url: "https://hooks.slack.example/services/T0/B0/hidden"}}
route:
  sinks: [chat]
  group_by: [finding]
  labels: {team: "${HIDDEN}"}
  routes:
    - name: other
      matchers: ['project.name = "${HIDDEN}"']
      active_time_intervals: ["${HIDDEN}"]
time_intervals: {a-made-up-secret: [{weekdays: [monday]}]}
silences:
  - matchers: [severity = critical]
    until: 2036-01-01T00:00:00Z
    owner: ${HIDDEN}
    reason: as ${HIDDEN} said
"""


def explained(build: Build, name: str) -> dict[str, Any]:
    parts = build()
    event = read(parts, samples.encode(samples.bodies(name, at=AT)[0]), AT)
    return bare(explain(parts, event, AT))


def test_path_and_deliveries_of_a_finding_in_the_form_of_the_contract(build: Build) -> None:
    explanation = explained(build, "new-critical")

    assert explanation["event"] == {"type": "project_snapshot"}
    assert explanation["deliveries"] == []
    (finding,) = explanation["findings"]
    assert {key: finding[key] for key in ("id", "package", "change", "severity")} == {
        "id": "SNYK-JS-LODASH-1",
        "package": "lodash",
        "change": "new",
        "severity": "critical",
    }
    assert [(step["route"], step["matched"]) for step in finding["path"]] == [
        ("root", True),
        ("page", True),
    ]
    (delivery,) = finding["deliveries"]
    assert len(delivery.pop("alert_key")) == 64
    assert delivery == {
        "route": "page",
        "deliver": "alerts",
        "sinks": ["oncall", "chat"],
        "held_until": None,
        "muted_by": None,
        "outside": None,
    }


def test_ignored_finding_is_shown_without_deliveries(build: Build) -> None:
    findings = explained(build, "new-mixed")["findings"]

    (ignored,) = [finding for finding in findings if "skipped" in finding]
    assert (ignored["skipped"], ignored["deliveries"]) == ("ignored", [])


def test_issues_that_cannot_be_read_are_counted_for_people_and_not_in_the_contract(
    build: Build,
) -> None:
    parts = build()
    body = encode({"project": {"id": "p"}, "newIssues": [5, {"id": "A"}, None]})

    explanation = explain(parts, read(parts, body, AT), AT)

    assert explanation["event"]["unreadable_issues"] == 2
    assert bare(explanation)["event"] == {"type": "project_snapshot"}


def test_ping_has_no_findings(build: Build) -> None:
    assert explained(build, "ping") == {
        "event": {"type": "ping"},
        "deliveries": [],
        "findings": [],
    }


def test_body_that_is_no_event_is_unreadable(build: Build) -> None:
    with pytest.raises(Unreadable):
        read(build(), b"[]", AT)


def test_what_a_variable_put_into_the_rules_is_starred_for_people_and_programs(
    tmp_path: Path,
) -> None:
    (tmp_path / "gateway.yaml").write_text(HIDDEN_RULES)
    environ = {"HIDDEN": "a-made-up-secret"}
    parts = load(tmp_path, environ=environ, offline=False).parts
    body = samples.encode(samples.bodies("new-critical", at=AT)[0])

    explanation = explain(parts, read(parts, body, AT), AT)

    for shown in (tree(explanation), str(bare(explanation))):
        assert "a-made-up-secret" not in shown
        assert "silence silence-1 (**********: as ********** said" in shown
        assert 'project.name = "**********"' in shown
