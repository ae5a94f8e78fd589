from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
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
    assert rule().values(subject("critical", "p1")) == rule().values(subject("low", "p1"))
    assert rule().values(subject("critical", "p1")) != rule().values(subject("low", "p2"))


def test_a_missing_value_is_the_same_as_nothing() -> None:
    by_cve = rule(equal=["cve"])

    assert by_cve.values(subject("critical")) is None
    assert by_cve.inhibiting([subject("critical")]) == frozenset()
    assert by_cve.values(subject("low", cve=("CVE-1",))) == (("CVE-1",),)


def test_without_equal_any_source_will_do() -> None:
    anywhere = rule(equal=[])

    assert anywhere.values(subject("low", "p2")) in anywhere.inhibiting([subject("critical", "p1")])


SUBJECTS = st.builds(
    subject,
    st.sampled_from(["low", "high", "critical", "odd"]),
    st.sampled_from(["", "p1", "p2"]),
    cve=st.lists(st.sampled_from(["", "CVE-1", "CVE-2"]), max_size=2).map(tuple),
    exploit=st.sampled_from(["", "mature"]),
)
RULES = st.builds(
    rule,
    source=st.sampled_from([["severity = critical"], ["severity >= high"], ["cve != CVE-1"]]),
    target=st.sampled_from([["severity = high"], ["severity != critical"], ["cve = CVE-2"]]),
    equal=st.lists(st.sampled_from(["project.id", "cve", "exploit"]), max_size=3),
)


@given(RULES, SUBJECTS, st.lists(SUBJECTS, max_size=6))
def test_looking_up_finds_what_comparing_with_each_source_finds(
    one: InhibitRule, target: Subject, found: list[Subject]
) -> None:
    def same(source: Subject) -> bool:
        pairs = [(field.read(source), field.read(target)) for field in one.fields]
        return all(mine == theirs and any(mine) for mine, theirs in pairs)

    compared = any(one.is_source(source) and same(source) for source in found)

    assert (one.values(target) in one.inhibiting(found)) == compared


@pytest.mark.parametrize(
    ("source", "least"),
    [
        (["severity = critical"], 4),
        (["severity >= high", "type = vuln"], 3),
        (["severity > medium"], 3),
        (["severity >= low", "severity = high"], 3),
        (["severity <= high"], 0),
        (["severity != low"], 0),
        (["severity = odd"], 0),
        (["severity =~ critical"], 0),
        (["type = vuln"], 0),
    ],
)
def test_a_rule_knows_how_severe_its_sources_are_at_least(source: list[str], least: int) -> None:
    assert rule(source=source).least_rank == least


@given(RULES, SUBJECTS)
def test_no_source_is_less_severe_than_the_rule_says(one: InhibitRule, found: Subject) -> None:
    assert found.finding is not None
    assert not one.is_source(found) or found.finding.rank >= one.least_rank


@pytest.mark.parametrize(
    "changes",
    [{"equal": ["projct.id"]}, {"equal": ["new_count"]}, {"target": []}, {"source": ["x = 1"]}],
)
def test_what_no_finding_has_is_a_problem(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        rule(**changes)


def test_it_is_described_by_what_it_waits_for() -> None:
    assert rule().described() == ('an open finding with severity = "critical" (same project.id)')
