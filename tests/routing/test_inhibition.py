from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from gateway.model.event import Event, Project
from gateway.model.finding import Finding
from gateway.routing.fields import Subject
from gateway.routing.inhibition import InhibitRule, InhibitSettings, inhibit_rule

SAID: dict[str, Any] = {
    "source": ["severity = critical"],
    "target": ["severity < critical"],
    "equal": ["project.id"],
}


def subject(severity: str, project: str = "p1", **finding: Any) -> Subject:
    event = Event(
        id="evt_1",
        source="snyk",
        type="project_snapshot",
        version="v0",
        received_at=datetime(2026, 11, 23, tzinfo=UTC),
        project=Project(id=project),
    )
    return Subject(Finding(id="SNYK-1", severity=severity, **finding), event)


def rule(**changes: Any) -> InhibitRule:
    return inhibit_rule(InhibitSettings.model_validate({**SAID, **changes}))


def test_a_rule_knows_its_sources_and_targets() -> None:
    assert rule().is_source(subject("critical"))
    assert rule().is_target(subject("low"))
    assert not rule().is_source(subject("low"))


def test_what_is_a_target_too_is_no_source() -> None:
    both = rule(source=["severity >= high"], target=["severity >= low"])

    assert not both.is_source(subject("critical"))


def test_both_must_have_the_same_values() -> None:
    assert rule().same(subject("critical", "p1"), subject("low", "p1"))
    assert not rule().same(subject("critical", "p1"), subject("low", "p2"))


def test_two_missing_values_are_not_the_same() -> None:
    by_cve = rule(equal=["cve"])

    assert not by_cve.same(subject("critical"), subject("low"))
    assert by_cve.same(subject("critical", cve=("CVE-1",)), subject("low", cve=("CVE-1",)))


def test_without_equal_any_source_will_do() -> None:
    assert rule(equal=[]).same(subject("critical", "p1"), subject("low", "p2"))


@pytest.mark.parametrize(
    "changes",
    [{"equal": ["projct.id"]}, {"equal": ["new_count"]}, {"target": []}, {"source": ["x = 1"]}],
)
def test_what_no_finding_has_is_a_problem(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        rule(**changes)


def test_it_is_described_by_what_it_waits_for() -> None:
    assert rule().described() == ('an open finding with severity = "critical" (same project.id)')
