from datetime import UTC, datetime
from typing import Any

import pytest

from gateway import samples
from gateway.codec import encode
from gateway.errors import Unreadable
from gateway.preview.explain import bare, explain
from gateway.preview.reading import read
from tests.preview.conftest import Build

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


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
