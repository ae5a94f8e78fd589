from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.model.event import Event, Org, Project
from gateway.model.finding import Finding
from gateway.routing.expression import LONGEST_LABEL, Failed, parse_label, parse_when
from gateway.routing.fields import FIELDS, Subject
from gateway.routing.names import Context

RAW = {"issueData": {"cvssScore": 9.1, "nothing": None}}
FINDING = Finding(
    id="SNYK-JS-ACME-1",
    severity="high",
    type="vuln",
    title="Bad",
    package="acme",
    cve=("CVE-2026-1",),
    cvss=7.5,
    fixable=True,
    published="2026-03-01T10:00:00Z",
    raw=RAW,
)
EVENT = Event(
    id="evt_1",
    source="snyk",
    type="project_snapshot",
    version="v0",
    received_at=datetime(2026, 11, 23, 10, 0, tzinfo=UTC),
    project=Project(
        id="p1",
        name="acme/shop",
        criticality=("high",),
        tags=(("env", "prod"), ("team", "a"), ("team", "b"), ("cost centre", "7")),
    ),
    org=Org(id="o1", slug="acme"),
    findings=(FINDING,),
    raw={"project": {"isMonitored": True}, "org": {"created": "2020"}},
)


def context(finding: Finding | None = FINDING, team: str = "") -> Context:
    return Context(
        Subject(finding, EVENT), {"team": team} if team else {}, {"teams": {"a": {"channel": "C0"}}}
    )


def holds(text: str, team: str = "") -> bool | Failed:
    return parse_when(text).holds(context(team=team))


@pytest.mark.parametrize(
    "text",
    [
        "severity == 'high'",
        "severity >= 'medium' and severity < 'critical'",
        "'low' <= severity",
        "cvss > 7 and cvss < 8",
        "fixable and not ignored",
        "'CVE-2026-1' in cve",
        "cve | length == 1",
        "project.tags.env == 'prod'",
        "'b' in project.tags.team",
        "project.tags['cost centre'] == '7'",
        "project.name.startswith('acme/')",
        "project.criticality[0] >= 'high'",
        "org.slug == 'acme' and source == 'snyk' and event.type == 'project_snapshot'",
        "finding.package == package",
        "published > '2026-02-28' and published < '2026-03-02'",
        "raw.finding.issueData.cvssScore > 9",
        "raw.project.isMonitored and raw.org.created == '2020'",
        "labels.team == 'payments'",
        "tables.teams.a.channel == 'C0'",
        "severity in ['high', 'critical']",
        "(severity == 'low') or (type == 'vuln')",
    ],
)
def test_when_sees_what_matchers_see_and_more(text: str) -> None:
    assert holds(text, team="payments") is True


@pytest.mark.parametrize(
    "text",
    [
        "language",
        "language > 'a' or language < 'a' or language >= '' or language <= ''",
        "priority > 1 or priority < 1",
        "disclosed > '2020'",
        "project.tags.owner",
        "project.tags.owner == 'x'",
        "project.branch.startswith('main')",
        "project.branch + 'x' == 'x'",
        "raw.finding.issueData.nothing > 3",
        "raw.finding.no.such.thing",
        "labels.nobody",
        "ghsa",
        "ghsa[0]",
        "severity >= 'urgent'",
        "priority | int > 1 or priority | int < 1",
        "project.tags.tier | float > 1 or priority | abs < 1",
    ],
)
def test_what_is_missing_is_false_and_on_neither_side_of_a_bound(text: str) -> None:
    assert holds(text) is False


def test_an_unknown_severity_has_no_rank() -> None:
    odd = replace(FINDING, severity="catastrophic")

    assert parse_when("severity >= 'low'").holds(context(odd)) is False
    assert parse_when("severity == 'catastrophic'").holds(context(odd)) is True


def test_an_event_as_such_has_counts() -> None:
    when = parse_when("new_count == 1 and max_severity >= 'high' and project.id == 'p1'")

    assert when.holds(context(None)) is True


@pytest.mark.parametrize(
    "text",
    [
        "1 / 0 > 1",
        "severity.nothing() > cvss.x()",
        "cvss < 'text'",
        "title | batch(2)",
        "range(9999)",
    ],
)
def test_what_cannot_be_worked_out_is_said_to_have_failed_or_does_not_compile(text: str) -> None:
    try:
        found = holds(text)
    except ValueError:
        return
    assert isinstance(found, Failed) or found is False


def test_a_failure_says_why() -> None:
    assert holds("1 / 0 > 1") == Failed("ZeroDivisionError: division by zero")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "an expression is expected"),
        ("  ", "an expression is expected"),
        (7, "an expression is expected"),
        ("{{ fixable }}", "without {{ }}"),
        ("{% if fixable %}x{% endif %}", "without {{ }}"),
        ("severity >=", "not an expression"),
        ("severity | upcase", "upcase"),
        ("sevrity == 'high'", "did you mean 'severity'"),
        ("project.nmae == 'x'", "project has no 'nmae' .*did you mean 'name'"),
        ("finding.pakage", "finding has no 'pakage' .*did you mean 'package'"),
        ("raw.projects", "raw has no 'projects'"),
        ("x", "no name is called 'x'"),
    ],
)
def test_what_can_never_work_is_a_problem(text: Any, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_when(text)


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_every_field_can_be_named(name: str) -> None:
    found = parse_when(f"{name} or true").holds(context())

    assert found is True


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("payments", "payments"),
        ("{{ project.tags.env }}", "prod"),
        ("{{ project.tags.owner or 'default' }}", "default"),
        ("{{ project.tags.owner }}", ""),
        ("{{ project.tags.team }}", "a, b"),
        ("{{ fixable }}/{{ cvss }}/{{ severity }}", "true/7.5/high"),
        ("{{ tables.teams[project.tags.team[0]].channel }}", "C0"),
        ("{{ package * 2 }}", Failed("SecurityError: * works on numbers only")),
    ],
)
def test_a_label_is_text_with_expressions(text: str, label: str | Failed) -> None:
    assert parse_label(text).work_out(context()) == label


def test_a_label_is_cut() -> None:
    long = replace(FINDING, title="x" * 5000)

    assert len(str(parse_label("{{ title }}").work_out(context(long)))) == LONGEST_LABEL


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{{ projct.name }}", "did you mean 'project'"),
        ("{{ project", "not an expression"),
        ([], "text"),
    ],
)
def test_a_label_that_can_never_work_is_a_problem(text: Any, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_label(text)


@pytest.mark.parametrize(
    "payload", ["{{ 7 * 7 }}", "{% for x in range(9) %}x{% endfor %}", "\u202e", "${SECRET}"]
)
def test_a_payload_is_never_an_expression(payload: str) -> None:
    hostile = replace(FINDING, title=payload)

    assert parse_label("{{ title }}").work_out(context(hostile)) == payload
