"""DESIGN, sections 5 and 13: `when`, a test for each sentence."""

from typing import Any

import pytest

from tests.preview.fine_print.conftest import Ask, issue, snapshot

ODD = "1 / 0 > 1"


def rules(*routes: str) -> str:
    return f"route: {{sinks: [chat], routes: [{', '.join(routes)}]}}\n"


@pytest.mark.parametrize(
    "when",
    [
        "severity >= 'high' and 'CVE-2026-1' in cve",
        "finding.severity == severity",
        "project.name == 'acme/shop' and org.slug == 'acme'",
        "raw.finding.issueData.identifiers.CVE[0] == cve[0]",
        "raw.project.name == project.name and raw.org.slug == org.slug",
        "source == 'snyk' and change == 'new' and event.type == 'project_snapshot'",
    ],
)
def test_it_is_one_expression_over_the_same_names_and_snyks_own_objects(
    ask: Ask, when: str
) -> None:
    assert ask.matches(when=when)


def test_matchers_and_when_must_both_hold(ask: Ask) -> None:
    assert ask.matches("severity = high", when="package == 'left-pad'")
    assert not ask.matches("severity = low", when="package == 'left-pad'")
    assert not ask.matches("severity = high", when="package == 'right-pad'")


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ("exploit", False),
        ("not exploit", True),
        ("'<' ~ exploit ~ '>' == '<>'", True),
        ("cvss > 5", False),
        ("cvss <= 5", False),
        ("5 > cvss", False),
        ("published < '2030-01-01'", False),
        ("severity >= 'urgent'", False),
        ("project.tags.team == 'x'", False),
        ("raw.finding.no.such.thing > 1", False),
    ],
)
def test_a_missing_field_is_falsy_prints_as_nothing_and_is_on_no_side_of_a_bound(
    ask: Ask,
    when: str,
    holds: bool,
) -> None:
    assert ask.matches(when=when) is holds


@pytest.mark.parametrize(
    "when", ["sevrity == 'high'", "project.nmae", "labels.team", "tables.teams", "raw.issue", ""]
)
def test_an_unknown_name_and_an_empty_expression_are_problems(ask: Ask, when: str) -> None:
    assert ask.refused(when=when)


def test_it_sees_the_labels_of_its_own_route(ask: Ask) -> None:
    told = rules("{name: a, when: labels.team == 'x', labels: {team: x}}")

    assert ask.routes(told, snapshot(issue())) == ["a"]


def test_it_is_not_allowed_on_the_root(ask: Ask) -> None:
    assert ask.problems("route: {sinks: [chat], when: fixable}\n") == [
        "not on the root: it takes whatever no other route takes"
    ]


def test_one_that_fails_matches_and_the_walk_goes_on(ask: Ask) -> None:
    told = rules(f"{{name: a, when: {ODD}}}", "{name: b}")

    assert ask.routes(told, snapshot(issue())) == ["a", "b"]


@pytest.mark.parametrize("drops", ["sinks: []", "outside: drop"])
def test_on_a_route_that_drops_it_does_not_match(ask: Ask, drops: str) -> None:
    told = rules(f"{{name: a, when: {ODD}, {drops}}}")

    assert ask.routes(told, snapshot(issue())) == ["root"]


def test_it_is_said_that_one_failed(ask: Ask) -> None:
    told = rules(f"{{name: a, when: {ODD}}}")

    (finding,) = ask.explain(told, snapshot(issue()))["findings"]

    assert [(step["route"], step["matched"], step["why"]) for step in finding["path"]] == [
        ("root", True, "no matchers"),
        ("a", True, "when of a: ZeroDivisionError: division by zero; it matches, to be safe"),
    ]


@pytest.mark.parametrize(
    ("deliver", "when"),
    [("findings", "max_severity == 'high'"), ("events", "fixable"), ("events", "raw.finding.id")],
)
def test_a_name_of_the_other_kind_is_a_problem(ask: Ask, deliver: str, when: str) -> None:
    assert ask.problems(rules(f"{{name: a, deliver: {deliver}, when: {when}}}"))


@pytest.mark.parametrize(
    ("tags", "when"),
    [
        ([{"key": "cost centre", "value": "x"}], "project.tags['cost centre'] == 'x'"),
        ([{"key": "items", "value": "x"}], "project.tags.items == 'x'"),
        (["team=a", "team=b"], "'b' in project.tags.team"),
    ],
)
def test_tags_are_there_under_their_keys(ask: Ask, tags: list[Any], when: str) -> None:
    assert ask.matches(when=when, of={"project": {"tags": tags}})


def test_labels_are_merged_downwards_and_missing_fields_are_empty(ask: Ask) -> None:
    told = (
        "route: {sinks: [chat], labels: {team: '{{ project.tags.team }}', tier: one}, routes: ["
        "{name: a, labels: {tier: two}, when: \"labels.team == '' and labels.tier == 'two'\"}]}\n"
    )

    assert ask.routes(told, snapshot(issue())) == ["a"]


def test_alerts_may_be_grouped_by_a_label(ask: Ask) -> None:
    told = "route: {sinks: [chat], labels: {part: '{{ package[:4] }}'}, group_by: [labels.part]}\n"

    keys = [
        each["alert_key"]
        for each in ask.deliveries(
            told,
            snapshot(
                issue("A", pkgName="left-pad"),
                issue("B", pkgName="left-ear"),
                issue("C", pkgName="right-pad"),
            ),
        )
    ]

    assert keys[0] == keys[1] != keys[2]
