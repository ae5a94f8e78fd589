"""DESIGN, sections 5 and 13: fields and matchers, a test for each sentence."""

from typing import Any

import pytest

from tests.preview.fine_print.conftest import Ask, asking


def tags(*each: Any) -> dict[str, Any]:
    """A project with these tags."""
    return {"project": {"tags": list(each)}}


@pytest.mark.parametrize(
    "matcher", ['{severity = "high"}', 'severity = "high", type = vuln', "severity = high type = x"]
)
def test_one_matcher_per_list_entry_no_braces_no_commas(ask: Ask, matcher: str) -> None:
    assert ask.refused(matcher)


@pytest.mark.parametrize("value", ["a b", 'a"b', "a'b", "a`b", "a,b", "a{b", "a}b", "a=b", "a~b"])
def test_a_value_without_quotes_is_a_plain_word(ask: Ask, value: str) -> None:
    assert ask.refused(f"package = {value}")
    assert not ask.refused("package = left-pad_1.0/x:y@z")


def test_the_empty_value_needs_quotes(ask: Ask) -> None:
    assert ask.refused("exploit =")
    assert ask.matches('exploit = ""')


@pytest.mark.parametrize(
    ("matcher", "title"),
    [
        (r'title = "a \"flaw\""', 'a "flaw"'),
        (r'title = "a\\b"', r"a\b"),
        (r'title = "a\nb"', "a\nb"),
        (r'title =~ "CVE-\d+"', "CVE-2026"),
        (r'title = "a\tb"', r"a\tb"),
    ],
)
def test_three_escapes_inside_quotes_any_other_backslash_stands_for_itself(
    ask: Ask, matcher: str, title: str
) -> None:
    assert ask.matches(matcher, of={"issueData": {"title": title}})


@pytest.mark.parametrize("key", ["env", "a.b", "a/b", "acme:team", "a.b/c:d"])
def test_the_key_of_a_tag_is_everything_up_to_the_operator(ask: Ask, key: str) -> None:
    assert ask.matches(f"project.tags.{key} = x", of=tags({"key": key, "value": "x"}))


def test_a_key_with_blanks_is_quoted(ask: Ask) -> None:
    of = tags({"key": "cost centre", "value": "x"})

    assert ask.matches('project.tags."cost centre" = x', of=of)
    assert ask.refused("project.tags.cost centre = x")


def test_the_same_tag_key_twice_is_a_list(ask: Ask) -> None:
    of = tags({"key": "team", "value": "a"}, {"key": "team", "value": "b"})

    assert ask.matches("project.tags.team = a", "project.tags.team = b", of=of)
    assert not ask.matches("project.tags.team != b", of=of)


@pytest.mark.parametrize(("tag", "value"), [("k=a=b", "a=b"), ("k", "true"), ("k=", "")])
def test_a_tag_sent_as_text_is_split_at_its_first_equals_sign(
    ask: Ask, tag: str, value: str
) -> None:
    assert ask.matches(f'project.tags.k = "{value}"', of=tags(tag))


@pytest.mark.parametrize("score", [9.8, "9.8", "9.80"])
def test_number_fields_compare_as_numbers_also_when_snyk_sends_text(ask: Ask, score: Any) -> None:
    of = {"issueData": {"cvssScore": score}}

    assert ask.matches("cvss = 9.80", "cvss >= 9.8", "cvss < 10", of=of)
    assert not ask.matches("cvss != 9.8", of=of)


def test_a_tag_1_10_is_not_1_1(ask: Ask) -> None:
    assert not ask.matches("project.tags.version = 1.1", of=tags("version=1.10"))
    assert ask.matches("project.tags.version >= 1.1", of=tags("version=1.10"))


@pytest.mark.parametrize("field", ["fixable", "exploited", "malicious", "ignored"])
def test_four_fields_are_always_true_or_false(ask: Ask, field: str) -> None:
    assert ask.matches(f"{field} = false")
    assert ask.refused(f'{field} = ""')


@pytest.mark.parametrize(
    "matcher",
    [
        "package > 5",
        "title >= a",
        "project.name < x",
        "cve > 1",
        "project.environment >= high",
        'project.tags.env >= "prod"',
        "fixable > false",
        "event.type > ping",
    ],
)
def test_elsewhere_ordered_operators_are_a_problem(ask: Ask, matcher: str) -> None:
    assert ask.refused(matcher)


@pytest.mark.parametrize(
    ("matcher", "of"),
    [
        ("severity >= high", {}),
        ("severity < critical", {}),
        ("project.criticality >= high", {"project": {"attributes": {"criticality": ["critical"]}}}),
        ("priority > 700", {"priority": {"score": 701}}),
        ("priority > 700", {"priorityScore": 701}),
        ("published >= 2026-01-01", {"issueData": {"publicationTime": "2026-01-01T00:00:00Z"}}),
        ("disclosed < 2026-01-01", {"issueData": {"disclosureTime": "2026-01-01T00:30:00+01:00"}}),
        ("project.tags.tier <= 2", {"project": {"tags": ["tier=1"]}}),
    ],
)
def test_ordered_operators_exist_for_ranks_numbers_dates_and_numeric_tags(
    ask: Ask, matcher: str, of: dict[str, Any]
) -> None:
    assert ask.matches(matcher, of=of)


@pytest.mark.parametrize(
    "matcher",
    [
        'severity >= "urgent"',
        'cvss >= "high"',
        'cvss = "high"',
        'change = "gone"',
        "fixable = yes",
        "severity > critical",
        'published > "soon"',
        "event.type = snapshot",
    ],
)
def test_a_value_that_can_never_hold_is_a_problem(ask: Ask, matcher: str) -> None:
    assert ask.refused(matcher)


def test_an_unknown_type_is_a_warning(ask: Ask) -> None:
    (warning,) = ask.warnings(asking("type = licence"))

    assert "fits no value that is known" in warning


def test_an_unknown_severity_from_snyk_has_no_rank(ask: Ask) -> None:
    of = {"issueData": {"severity": "urgent"}}

    assert ask.matches("severity = urgent", of=of)
    assert not ask.matches("severity >= low", of=of)
    assert not ask.matches("severity <= critical", of=of)


def test_the_event_has_a_type_and_a_version(ask: Ask) -> None:
    assert ask.matches("event.type = project_snapshot", "event.version = v0", "event.id = preview")


def test_a_field_of_events_in_a_route_for_findings_is_a_problem_and_the_other_way_round(
    ask: Ask,
) -> None:
    rules = "route: {sinks: [siem], routes: [{name: a, deliver: DELIVER, matchers: [MATCHER]}]}\n"

    def asked(deliver: str, matcher: str) -> list[str]:
        return ask.problems(rules.replace("DELIVER", deliver).replace("MATCHER", matcher))

    assert asked("events", "new_count > 0") == asked("findings", "severity = high") == []
    assert asked("findings", "new_count > 0")
    assert asked("events", "severity = high")


@pytest.mark.parametrize(
    "matcher",
    ['F = ""', "F != x", 'F =~ ".*"', 'F !~ ".+"'],
)
@pytest.mark.parametrize("field", ["exploit", "cwe", "project.tags.none", "group.name"])
def test_a_missing_field_is_the_empty_string(ask: Ask, matcher: str, field: str) -> None:
    assert ask.matches(matcher.replace("F", field))


@pytest.mark.parametrize("matcher", ["F = x", 'F != ""', 'F =~ ".+"', 'F !~ ".*"'])
def test_and_nothing_else(ask: Ask, matcher: str) -> None:
    assert not ask.matches(matcher.replace("F", "exploit"))


@pytest.mark.parametrize("operator", [">", ">=", "<", "<="])
def test_a_missing_value_never_satisfies_ordered_operators(ask: Ask, operator: str) -> None:
    assert not ask.matches(f"cvss {operator} 5")
    assert not ask.matches(f"published {operator} 2026-01-01")


def test_a_pattern_is_fully_anchored(ask: Ask) -> None:
    assert not ask.matches("project.name =~ acme")
    assert ask.matches('project.name =~ "acme/.*"')


@pytest.mark.parametrize("pattern", ["(?=x)", r"(a)\1", "("])
def test_a_pattern_that_re2_refuses_is_a_problem(ask: Ask, pattern: str) -> None:
    assert ask.refused(f'title =~ "{pattern}"')


def test_on_a_list_equal_means_any_and_unequal_none(ask: Ask) -> None:
    of = {"issueData": {"identifiers": {"CVE": ["CVE-1", "CVE-2"]}}}

    assert ask.matches("cve = CVE-2", 'cve =~ ".*-1"', "cve != CVE-3", of=of)
    assert not ask.matches("cve != CVE-2", of=of)
    assert not ask.matches('cve !~ ".*-2"', of=of)


def test_all_matchers_of_a_route_must_hold(ask: Ask) -> None:
    assert not ask.matches("severity = high", "type = license")


@pytest.mark.parametrize("flag", ["isFixable", "isUpgradable", "isPinnable", "isPatchable"])
def test_fixable_is_any_of_four(ask: Ask, flag: str) -> None:
    assert ask.matches("fixable = true", of={"fixInfo": {flag: True}})


@pytest.mark.parametrize("maturity", ["mature", "Functional", "HIGH", "attacked"])
def test_exploited_is_a_known_exploit_in_any_case(ask: Ask, maturity: str) -> None:
    assert ask.matches("exploited = true", of={"issueData": {"exploitMaturity": maturity}})
    assert not ask.matches(
        "exploited = true", of={"issueData": {"exploitMaturity": "proof-of-concept"}}
    )


def test_the_score_of_priority_wins(ask: Ask) -> None:
    assert ask.matches("priority = 8", of={"priority": {"score": 8}, "priorityScore": 7})
