"""DESIGN, sections 11 and 13: bodies and routing tests, a test for each sentence."""

from textwrap import dedent
from typing import Any

import pytest

from gateway.errors import Unreadable
from tests.preview.fine_print.conftest import Ask, asking, issue, snapshot

ROOT = "route: {sinks: [chat], group_by: [finding]}\n"


def test_a_snapshot_wins_over_a_ping_in_one_body(ask: Ask) -> None:
    assert ask.explain(ROOT, snapshot(webhookId="w"))["event"] == {"type": "project_snapshot"}


def test_ids_that_are_numbers_become_text(ask: Ask) -> None:
    rules = "route: {sinks: [chat], routes: [{name: a, matchers: ['project.id = 7', 'id = 5']}]}\n"

    assert ask.routes(rules, snapshot(issue("5") | {"id": 5}, project={"id": 7})) == ["a"]


def test_sound_issues_are_routed_beside_those_that_cannot_be_read(ask: Ask) -> None:
    odd: Any = [5, None, "text", {"no": "id"}]

    found = ask.explain(ROOT, snapshot(*odd, issue("A")))["findings"]

    assert [each["id"] for each in found] == ["A"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"project": {"id": "p"}, "x": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"project": {"id": "p", "name": "\\ud800"}}',
        b'{"project": {"id": 1e999}}',
        b'{"project": {"id": NaN}}',
        b'{"project": {"id": "\xe9"}}',
        b'{"neither": "project nor webhookId"}',
    ],
)
def test_what_the_decoder_refuses_is_unreadable(ask: Ask, body: bytes) -> None:
    with pytest.raises(Unreadable):
        ask.explain(ROOT, body)


def test_a_samples_changes_merge_into_mappings_and_replace_lists(ask: Ask) -> None:
    rules = asking("project.tags.env = test", 'project.tags.team = ""', 'project.name =~ "acme/.*"')
    tests = """\
        - name: only one tag is left, and the name stays
          event: {sample: new-critical, project: {tags: [{key: env, value: test}]}}
          expect: [{finding: SNYK-JS-LODASH-1, route: asked}]
        """

    assert ask.tests(rules, dedent(tests)) == []


@pytest.mark.parametrize(
    ("finding", "passes"),
    [("X", True), ("X@left-pad", True), ("X@right-pad", False), ("a:@b/c:MIT", True)],
)
def test_a_finding_is_named_by_its_id_with_or_without_its_package(
    ask: Ask,
    finding: str,
    passes: bool,
) -> None:
    folder = ask.folder / "tests"
    folder.mkdir()
    (folder / "event.json").write_bytes(snapshot(issue("X"), issue("a:@b/c:MIT")))
    tests = f"- {{name: t, event: {{file: event.json}}, expect: [{{finding: '{finding}'}}]}}\n"

    assert (ask.tests(ROOT, tests) == []) is passes


def test_expect_none_names_sinks_that_must_get_nothing(ask: Ask) -> None:
    rules = "route: {sinks: [chat], routes: [{name: e, deliver: events, sinks: [siem]}]}\n"
    tests = "- {name: t, event: {sample: clean}, expect_none: [chat, SINK]}\n"

    assert ask.tests(rules, tests.replace("SINK", "oncall")) == []
    assert ask.tests(rules, tests.replace("SINK", "siem")) == [
        "siem: expected nothing, got the event (route e → siem)"
    ]


def test_what_is_muted_or_dropped_is_unheard_and_what_is_held_is_heard(ask: Ask) -> None:
    more = (
        "time_intervals: {office: [{weekdays: ['monday:friday']}]}\n"
        "silences: [{matchers: [severity = low], until: 2027-01-01, owner: o, reason: r}]\n"
    )
    rules = (
        "route: {sinks: [chat], group_by: [finding], active_time_intervals: [office], "
        "routes: [{name: d, matchers: [severity = medium], sinks: [siem], outside: drop}]}\n"
    )
    tests = """\
        - name: on a Saturday
          event: {sample: new-mixed}
          at: 2026-11-21T10:00:00Z
          expect:
            - {finding: SNYK-JS-ACMEAUTH-2, sinks: [chat]}
            - {finding: SNYK-JS-ACMEROUTER-1, sinks: []}
            - {finding: SNYK-JS-ACMEPRINT-4, sinks: []}
          expect_none: [siem]
        """

    assert ask.tests(rules + more, dedent(tests)) == []


def test_a_finding_that_is_silenced_is_heard_of_with_the_others_of_its_alert(ask: Ask) -> None:
    silence = "silences: [{matchers: [severity = low], until: 2027-01-01, owner: o, reason: r}]\n"
    tests = """\
        - name: low
          event: {sample: new-mixed}
          expect: [{finding: SNYK-JS-ACMEPRINT-4, sinks: [chat]}]
        """

    alone = ask.tests(ROOT + silence, dedent(tests))

    assert ask.tests(ROOT.replace("finding", "event") + silence, dedent(tests)) == []
    assert alone == [
        (
            "SNYK-JS-ACMEPRINT-4: expected any route → chat, got route root → nobody "
            "(muted by silence silence-1 (o: r, until 2027-01-01T00:00:00Z))"
        )
    ]
