import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from gateway import samples
from gateway.model.event import Event
from gateway.model.identity import finding_key
from gateway.settings.secrets import Secret
from gateway.sources.snyk import Snyk, SnykSettings

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def _read(body: dict[str, Any]) -> Event:
    source = Snyk("snyk", SnykSettings(type="snyk", secrets=[Secret("a made-up secret")]))
    return source.read(samples.encode(body), id="evt_1", received_at=AT, version="v0")


def _only(name: str, number: int = 0) -> Event:
    (body,) = samples.bodies(name, number=number, at=AT)
    return _read(body)


def _keys(event: Event) -> set[str]:
    return {
        finding_key(event.org.id, event.project.id, each.id, each.package)
        for each in event.findings
    }


def test_the_names_are_those_of_the_manual() -> None:
    assert samples.NAMES == (
        "ping",
        "clean",
        "new-critical",
        "new-mixed",
        "fixed",
        "license",
        "container",
        "storm",
        "large",
    )


@pytest.mark.parametrize("name", samples.NAMES)
def test_every_sample_is_read_without_loss(name: str) -> None:
    for body in samples.bodies(name, at=AT):
        event = _read(body)

        assert event.type == ("ping" if name == "ping" else "project_snapshot")
        assert event.unreadable_issues == 0
        assert samples.event(body) == f"{event.type}/v0"


def test_no_two_samples_are_the_same_body() -> None:
    encoded = [
        samples.encode(body)
        for name in samples.NAMES
        for number in range(3)
        for body in samples.bodies(name, number=number, at=AT)
    ]

    assert len(set(encoded)) == len(encoded)


def test_the_same_sample_is_always_the_same_body() -> None:
    assert samples.bodies("new-mixed", number=7, at=AT) == samples.bodies(
        "new-mixed", number=7, at=AT
    )


def test_a_change_to_one_body_does_not_reach_another() -> None:
    first, second = samples.bodies("storm", at=AT)[:2]

    first["org"]["slug"] = "changed"
    first["newIssues"][0]["issueData"]["severity"] = "low"

    assert second == samples.bodies("storm", at=AT)[1]


def test_a_sample_is_one_line_of_compact_utf8() -> None:
    (body,) = samples.bodies("new-critical", at=AT)

    encoded = samples.encode(body)

    assert b"\n" not in encoded
    assert b'": ' not in encoded
    assert "—".encode() in encoded
    assert json.loads(encoded) == body


def test_the_canonical_new_critical() -> None:
    event = _only("new-critical")
    (finding,) = event.findings

    assert (finding.id, finding.package) == ("SNYK-JS-LODASH-1", "lodash")
    assert (finding.severity, finding.exploit, finding.fixable) == ("critical", "mature", True)
    assert finding.cve
    assert event.project.name == "acme/shop:package.json"
    assert event.project.tags == (("env", "prod"), ("team", "payments"))
    assert event.org.slug == "acme"
    assert event.tested_at == AT


def test_the_time_may_be_given_in_any_zone() -> None:
    elsewhere = AT.astimezone(timezone(timedelta(hours=2)))

    assert samples.bodies("clean", at=elsewhere) == samples.bodies("clean", at=AT)


@pytest.mark.parametrize("number", [0, 1, 99])
def test_fixed_removes_exactly_what_new_critical_opened(number: int) -> None:
    opened, fixed = _only("new-critical", number), _only("fixed", number)

    assert _keys(fixed) == _keys(opened)
    assert {each.change for each in fixed.findings} == {"removed"}
    assert fixed.project == opened.project


def test_other_numbers_are_other_findings() -> None:
    assert not _keys(_only("new-critical", 0)) & _keys(_only("new-critical", 1))


def test_clean_has_nothing_to_say_about_the_same_project() -> None:
    event = _only("clean")

    assert event.findings == ()
    assert event.project.id == _only("new-critical").project.id


def test_new_mixed_holds_every_severity_an_ignored_and_a_removed_one() -> None:
    findings = _only("new-mixed").findings

    assert {each.severity for each in findings} == {"low", "medium", "high", "critical"}
    assert sum(each.ignored for each in findings) == 1
    assert [each.change for each in findings].count("removed") == 1
    assert {each.fixable for each in findings} == {True, False}


def test_license_has_no_score() -> None:
    (finding,) = _only("license").findings

    assert finding.type == "license"
    assert (finding.cvss, finding.priority, finding.cve) == (None, None, ())


def test_container_is_an_image() -> None:
    event = _only("container")

    assert (event.project.type, event.project.branch) == ("deb", "")
    assert event.project.image_tag == "1.0.0"
    assert event.findings[0].package == "acmessl/libacmessl3"


def test_storm_is_one_cve_in_many_projects() -> None:
    events = [_read(body) for body in samples.bodies("storm", at=AT)]

    assert len({event.project.id for event in events}) == 12
    assert {each.cve for event in events for each in event.findings} == {("CVE-2026-1234",)}


def test_large_holds_hundreds_of_findings_and_megabytes() -> None:
    (body,) = samples.bodies("large", at=AT)

    assert len(_read(body).findings) == 420
    assert 2_000_000 < len(samples.encode(body)) < 4_000_000
