import json
from pathlib import Path

import pytest

from gateway.preview.routing_test import Verdict, cases, failures, judge
from tests.preview.conftest import Build


def verdicts(build: Build, tests: str, more_routes: str = "") -> list[Verdict]:
    parts = build(tests, more_routes)
    found, problems = cases(parts.folder, parts)
    assert problems == []
    return [judge(parts, case) for case in found]


def problems(build: Build, tests: str) -> list[str]:
    parts = build(tests)
    return [str(each).rpartition("routing.yaml:")[2] for each in cases(parts.folder, parts)[1]]


def test_delivery_that_is_there_passes(build: Build) -> None:
    (verdict,) = verdicts(
        build,
        """\
        - name: pages
          event: {sample: new-critical}
          expect:
            - {finding: SNYK-JS-LODASH-1, route: page, sinks: [chat, oncall]}
            - {finding: SNYK-JS-LODASH-1@lodash, route: page}
            - {finding: SNYK-JS-LODASH-1, sinks: [oncall, chat]}
        """,
    )

    assert verdict.failures == ()


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (
            "route: root",
            "SNYK-JS-LODASH-1: expected route root, got route page → oncall, chat",
        ),
        (
            "sinks: [chat]",
            "SNYK-JS-LODASH-1: expected any route → chat, got route page → oncall, chat",
        ),
    ],
)
def test_failure_shows_what_was_expected_and_what_was_got(
    build: Build, wanted: str, told: str
) -> None:
    (verdict,) = verdicts(
        build,
        f"""\
        - name: pages
          event: {{sample: new-critical}}
          expect: [{{finding: SNYK-JS-LODASH-1, {wanted}}}]
        """,
    )

    assert list(map(str, verdict.failures)) == [told]


def test_finding_that_is_not_in_the_event_fails_with_what_was_meant(build: Build) -> None:
    (verdict,) = verdicts(
        build,
        """\
        - name: typo
          event: {sample: new-critical}
          expect: [{finding: SNYK-JS-LODASH-2}]
        """,
    )

    (failure,) = verdict.failures
    assert failure.lines == (
        "- expected any route",
        "+ got      no such finding (did you mean 'SNYK-JS-LODASH-1'?)",
    )


ARCHIVE = """\
    - {name: archive, deliver: events, matchers: [event.type = project_snapshot], sinks: [oncall]}
"""


def of_the_event(build: Build, sample: str, wanted: str) -> list[str]:
    """What is otherwise than an expectation without `finding` says."""
    test = f"- {{name: e, event: {{sample: {sample}}}, expect: [{wanted}]}}\n"
    (verdict,) = verdicts(build, test, ARCHIVE)
    return list(map(str, verdict.failures))


@pytest.mark.parametrize(
    ("sample", "wanted"),
    [
        ("clean", "{route: archive, sinks: [oncall]}"),
        ("new-critical", "{route: archive}"),
        ("ping", "{sinks: []}"),
    ],
)
def test_expectation_without_a_finding_is_of_the_event_itself(
    build: Build, sample: str, wanted: str
) -> None:
    assert of_the_event(build, sample, wanted) == []


@pytest.mark.parametrize(
    ("sample", "wanted", "told"),
    [
        ("clean", "{route: root}", "expected route root, got route archive → oncall"),
        ("clean", "{sinks: [chat]}", "expected any route → chat, got route archive → oncall"),
        ("ping", "{route: archive}", "expected route archive, got nobody"),
        ("new-critical", "{route: root}", "expected route root, got route archive → oncall"),
    ],
)
def test_failure_of_the_event_itself_says_where_it_goes(
    build: Build, sample: str, wanted: str, told: str
) -> None:
    assert of_the_event(build, sample, wanted) == [f"the event: {told}"]


def test_sink_that_must_get_nothing_fails_when_it_would(build: Build) -> None:
    first, second = verdicts(
        build,
        """\
        - {name: a, event: {sample: new-critical}, expect_none: [oncall]}
        - {name: b, event: {sample: clean}, expect_none: [oncall]}
        """,
    )

    assert [each.lines for each in first.failures] == [
        ("- expected nothing", "+ got      SNYK-JS-LODASH-1 (route page → oncall, chat)")
    ]
    assert second.failures == ()


def test_changes_merge_into_mappings_and_replace_lists(build: Build) -> None:
    (verdict,) = verdicts(
        build,
        """\
        - name: other tags
          event: {sample: new-critical, project: {tags: [{key: env, value: test}]}}
          expect: [{finding: SNYK-JS-LODASH-1, route: root, sinks: [chat]}]
        """,
    )

    assert verdict.failures == ()


def test_event_may_come_from_a_file_beside_the_tests(build: Build, tmp_path: Path) -> None:
    parts = build("- {name: f, event: {file: e.json}, expect: [{finding: X, route: root}]}\n")
    event = {"project": {"id": "p"}, "newIssues": [{"id": "X", "issueData": {"severity": "low"}}]}
    (tmp_path / "tests" / "e.json").write_text(json.dumps(event))

    assert failures(parts) == []


def test_file_that_is_missing_is_a_failure(build: Build) -> None:
    (verdict,) = verdicts(build, "- {name: f, event: {file: no.json}, expect_none: [chat]}\n")

    assert "cannot be read" in str(verdict.failures[0])


@pytest.mark.parametrize(
    ("tests", "problem"),
    [
        ("a: b\n", "1:1: not a list"),
        (
            "- {name: x, event: {sample: new-critcal}, expect_none: [chat]}\n",
            "1:29: tests[0].event.sample: no sample 'new-critcal' (did you mean 'new-critical'?)",
        ),
        (
            "- {name: x, event: {sample: ping}}\n",
            "1:3: tests[0]: expects nothing: write expect or expect_none",
        ),
        (
            "- {name: x, event: {sample: ping}, expect_none: [chta]}\n",
            "1:50: tests[0].expect_none[0]: no sink is called 'chta' (did you mean 'chat'?)",
        ),
        (
            "- {name: x, event: {sample: ping}, expect: [{}]}\n",
            "1:45: tests[0].expect[0]: write finding, or route or sinks of the event itself",
        ),
        (
            "- {name: x, event: {}, expect_none: [chat]}\n",
            "1:20: tests[0].event: either sample: NAME or file: path.json",
        ),
        (
            "- {name: x, event: {sample: ping}, at: noon, expect_none: [chat]}\n",
            "1:40: tests[0].at: not a time; write 2026-11-23T10:00:00Z",
        ),
        (
            "- {name: x, event: {sample: ping}, expect: [{finding: A, rout: b}]}\n",
            "1:58: tests[0].expect[0].rout: unknown key (did you mean 'route'?)",
        ),
    ],
)
def test_test_that_cannot_be_run_is_a_problem_with_its_place(
    build: Build, tests: str, problem: str
) -> None:
    assert problems(build, tests) == [problem]


def test_folder_without_tests_has_none(build: Build) -> None:
    assert verdicts(build, "") == []


def test_a_sink_that_hears_of_much_is_shown_a_part_of_it(build: Build) -> None:
    (verdict,) = verdicts(build, "- {name: a, event: {sample: large}, expect_none: [chat]}\n")

    (failure,) = verdict.failures
    assert len(failure.lines) == 7
    assert failure.lines[-1].endswith(" more")


def test_what_is_ignored_is_shown_to_reach_nobody(build: Build) -> None:
    wrong, right = verdicts(
        build,
        """\
        - name: wrong
          event: {sample: new-mixed}
          expect: [{finding: SNYK-JS-ACMECACHE-5, route: root}]
        - name: right
          event: {sample: new-mixed}
          expect: [{finding: SNYK-JS-ACMECACHE-5, sinks: []}]
        """,
    )

    assert list(map(str, wrong.failures)) == [
        "SNYK-JS-ACMECACHE-5: expected route root, got nobody (ignored)"
    ]
    assert right.failures == ()
