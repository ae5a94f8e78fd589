from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.model.event import Event, Group, Org, Project
from gateway.model.finding import Finding
from gateway.routing.fields import (
    EVENT_ONLY,
    FIELDS,
    FINDING_ONLY,
    Subject,
    find_field,
    number_text,
)


def subject(finding: Finding | None = None, project: Project | None = None) -> Subject:
    event = Event(
        id="evt_1",
        source="snyk",
        type="project_snapshot",
        version="v0",
        received_at=datetime(2026, 11, 23, 10, 0, tzinfo=UTC),
        project=project or Project(),
        org=Org(id="org-1", slug="acme", name="Acme"),
        group=Group(id="group-1", name="Everyone"),
    )
    return Subject(finding or Finding(id="SNYK-JS-ACME-1"), event)


def test_every_field_of_the_design_is_in_the_table() -> None:
    promised = (
        "severity type id title package versions cve cwe ghsa cvss priority exploit fixable"
        " fixed_in malicious ignored exploited language url published disclosed change"
        " project.id project.name project.origin project.type project.branch project.image_tag"
        " project.url project.criticality project.environment project.lifecycle"
        " org.id org.slug org.name group.id group.name source event.id event.type event.version"
        " new_count removed_count max_severity"
    )

    assert set(promised.split()) == set(FIELDS)


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_can_be_read_from_an_empty_finding(name: str) -> None:
    texts = find_field(name).read(subject())

    assert texts
    assert all(isinstance(text, str) for text in texts)


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("id", ("SNYK-JS-ACME-1",)),
        ("cve", ("CVE-2026-0001", "CVE-2026-0002")),
        ("cwe", ("",)),
        ("cvss", ("7",)),
        ("priority", ("",)),
        ("fixable", ("true",)),
        ("ignored", ("false",)),
        ("exploited", ("true",)),
        ("change", ("removed",)),
        ("source", ("snyk",)),
        ("org.slug", ("acme",)),
        ("group.name", ("Everyone",)),
        ("event.type", ("project_snapshot",)),
        ("project.criticality", ("high", "low")),
        ("project.tags.env", ("prod", "eu")),
        ("project.tags.team.lead/of:all", ("kim",)),
        ("project.tags.owner", ("",)),
    ],
)
def test_a_field_reads_as_texts(name: str, texts: tuple[str, ...]) -> None:
    finding = Finding(
        id="SNYK-JS-ACME-1",
        change="removed",
        cve=("CVE-2026-0001", "CVE-2026-0002"),
        cvss=7.0,
        fixable=True,
        exploit="Mature",
    )
    project = Project(
        criticality=("high", "low"),
        tags=(("env", "prod"), ("team.lead/of:all", "kim"), ("env", "eu")),
    )

    assert texts == find_field(name).read(subject(finding, project))


@pytest.mark.parametrize(
    ("name", "meant"),
    [("sevrity", "severity"), ("project.tag", "project.tags.KEY"), ("org.slg", "org.slug")],
)
def test_a_misspelt_field_is_a_problem_with_a_suggestion(name: str, meant: str) -> None:
    with pytest.raises(ValueError, match=f"no field is called '{name}'.*did you mean '{meant}'"):
        find_field(name)


@pytest.mark.parametrize("name", ["project.tags.", "project.tags", "", "raw.finding", "SEVERITY"])
def test_what_is_no_field_is_a_problem(name: str) -> None:
    with pytest.raises(ValueError, match="no field is called"):
        find_field(name)


@pytest.mark.parametrize("name", ["new_count", "removed_count", "max_severity"])
def test_a_field_of_events_is_a_problem_for_findings(name: str) -> None:
    assert find_field(name, "event").name == name
    with pytest.raises(ValueError, match="field of events"):
        find_field(name, "finding")


@pytest.mark.parametrize("name", ["severity", "cve", "change", "package"])
def test_a_field_of_findings_is_a_problem_for_events(name: str) -> None:
    assert find_field(name, "finding").name == name
    with pytest.raises(ValueError, match="field of findings"):
        find_field(name, "event")


def test_an_event_counts_what_it_lists() -> None:
    listed = (
        Finding(id="a", severity="low"),
        Finding(id="b", severity="critical"),
        Finding(id="c", severity="critical", change="removed"),
    )
    event = replace(subject().event, findings=listed)

    texts = [Subject(None, event).texts(find_field(name)) for name in sorted(EVENT_ONLY)]

    assert texts == [("critical",), ("2",), ("1",)]


def test_what_was_only_removed_has_no_severity() -> None:
    gone = Finding(id="c", severity="critical", change="removed")
    event = replace(subject().event, findings=(gone,))

    assert Subject(None, event).texts(find_field("max_severity")) == ("",)


def test_an_event_reads_fields_of_findings_as_missing() -> None:
    event = Subject(None, subject().event)

    assert {event.texts(find_field(name)) for name in FINDING_ONLY} == {("",)}


@pytest.mark.parametrize(
    ("number", "text"), [(None, ""), (7, "7"), (7.0, "7"), (7.5, "7.5"), (0.0, "0")]
)
def test_a_number_reads_as_people_write_it(number: float | None, text: str) -> None:
    assert text == number_text(number)
