from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.event import Event, Project
from gateway.model.finding import Finding
from gateway.routing.comparison import OPERATORS
from gateway.routing.fields import TAG, Subject, find_field
from gateway.routing.matcher import Matcher, parse

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
keys = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('"\\n =!'), min_size=1)


def subject(finding: Finding, *tags: tuple[str, str]) -> Subject:
    event = Event(
        id="evt_1",
        source="snyk",
        type="project_snapshot",
        version="v0",
        received_at=datetime(2026, 11, 23, 10, 0, tzinfo=UTC),
        project=Project(tags=tags),
    )
    return Subject(finding, event)


def parts(matcher: Matcher) -> tuple[str, str, str]:
    return matcher.field.name, matcher.operator, matcher.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('severity >= "critical"', ("severity", ">=", "critical")),
        ("severity>=critical", ("severity", ">=", "critical")),
        ('  title\t=  "a b"  ', ("title", "=", "a b")),
        ('title = ""', ("title", "=", "")),
        ("cvss < 9.5", ("cvss", "<", "9.5")),
        ("project.name =~ acme/.*", ("project.name", "=~", "acme/.*")),
        (r'cve =~ "CVE-\d+"', ("cve", "=~", r"CVE-\d+")),
        (r'title = "a\"b\\c\nd"', ("title", "=", 'a"b\\c\nd')),
        (r'title = "\\n"', ("title", "=", r"\n")),
        ('title !~ "a, {b} = `c`"', ("title", "!~", "a, {b} = `c`")),
        ("project.tags.a.b/c:d != x", ("project.tags.a.b/c:d", "!=", "x")),
        ('project.tags."cost centre" = "42"', ("project.tags.cost centre", "=", "42")),
        (r'project.tags."a\"=b"="x"', ('project.tags.a"=b', "=", "x")),
        ('project.tags.größe = "xl"', ("project.tags.größe", "=", "xl")),
    ],
)
def test_a_matcher_is_field_operator_value(text: str, expected: tuple[str, str, str]) -> None:
    assert expected == parts(parse(text))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "at character 1, the end: expected a field"),
        ("   ", "at character 4, the end: expected a field"),
        ('= "x"', "at character 1, '=': expected a field"),
        ("severity", "at character 9, the end: expected one of ="),
        ('severity ~ "x"', "at character 10, '~': expected one of ="),
        ('project.tags.cost centre = "x"', "at character 19, 'c'.*blanks is quoted"),
        ("severity =", 'at character 11, the end: expected a value, in "" unless a plain word'),
        ('severity == "x"', "at character 11, '=': expected a value"),
        ("severity = 'critical'", "expected a value"),
        ("severity = `critical`", "expected a value"),
        ('title = "x', "at character 9, '\"': expected a closing \""),
        (r'title = "x\"', 'expected a closing "'),
        ("title = two words", "at character 13, 'w': expected the end; one matcher per entry"),
        ("severity = high, type = vuln", "at character 16, ',': expected the end"),
        ('{severity="high"}', "at character 17, '}': expected the end"),
        ('sevrity = "high"', "did you mean 'severity'"),
    ],
)
def test_any_other_text_is_a_problem(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse(text)


@pytest.mark.parametrize("value", [None, 9, True, {"severity": "high"}, ["severity"]])
def test_what_is_no_text_is_a_problem(value: object) -> None:
    with pytest.raises(ValueError, match="a matcher is text"):
        parse(value)


@given(st.sampled_from(OPERATORS[:2]), words | st.text('\\"n\n', max_size=8), keys)
def test_what_a_matcher_prints_is_read_as_the_same(operator: str, value: str, key: str) -> None:
    matcher = Matcher.of(find_field(TAG + key), operator, value)

    assert parse(str(matcher)) == matcher


def test_a_matcher_prints_with_no_more_escapes_than_it_needs() -> None:
    assert str(parse(r'cve =~ "CVE-\d+"')) == r'cve =~ "CVE-\d+"'
    assert str(parse("project.tags.a/b = x")) == 'project.tags.a/b = "x"'


@given(words)
def test_any_text_is_a_matcher_or_a_problem(text: str) -> None:
    for written in (text, f"severity {text}", f"title = {text}", f'title =~ "{text}"'):
        try:
            matcher = parse(written)
        except ValueError:
            continue
        assert parse(str(matcher)) == matcher


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("severity >= high", True),
        ("severity > high", False),
        ('cve =~ "CVE-2026-.*"', True),
        ('cve != "CVE-2026-0002"', False),
        ("cvss = 7.50", True),
        ("fixable = false", True),
        ("project.tags.env = prod", True),
        ("project.tags.env = eu", True),
        ("project.tags.env !~ prod|eu", False),
        ("project.tags.tier <= 1", True),
        ("project.tags.version = 1.1", False),
        ('project.tags.owner = ""', True),
    ],
)
def test_a_finding_meets_a_matcher_or_not(text: str, *, expected: bool) -> None:
    finding = Finding(
        id="SNYK-JS-ACME-1", severity="high", cve=("CVE-2026-0001", "CVE-2026-0002"), cvss=7.5
    )
    tags = (("env", "prod"), ("env", "eu"), ("tier", "1"), ("version", "1.10"))

    assert expected is parse(text).matches(subject(finding, *tags))


@given(words, words, words)
def test_a_negated_operator_is_the_opposite(found: str, value: str, other: str) -> None:
    walker = subject(Finding(id="SNYK-JS-ACME-1"), ("team", found), ("team", other))
    team = find_field("project.tags.team")
    plain, negated = Matcher.of(team, "=", value), Matcher.of(team, "!=", value)

    assert plain.matches(walker) is not negated.matches(walker)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("severity >= critical", 'severity >= "critical": is "high"'),
        ('cwe = ""', 'cwe = "": is ""'),
        ("cve = x", 'cve = "x": is "CVE-1", "CVE-2", "CVE-3", "CVE-4", "CVE-5" and 2 more'),
        ("title = x", 'title = "x": is "' + "t" * 79 + '…"'),
    ],
)
def test_why_shows_the_matcher_and_what_it_found(text: str, why: str) -> None:
    finding = Finding(
        id="SNYK-JS-ACME-1",
        severity="high",
        title="t" * 10_000,
        cve=tuple(f"CVE-{number}" for number in range(1, 8)),
    )

    assert why == parse(text).why(subject(finding))


def test_an_unknown_type_is_a_warning() -> None:
    assert parse("type = vulnerability").warning
    assert parse("type = vuln").warning is None


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("project.tags.env = prod", ("project.tags.env", "prod")),
        ("cvss = 7", None),
        ('title = ""', None),
        ("title != x", None),
        ("title =~ x", None),
    ],
)
def test_a_matcher_says_whether_only_one_value_will_do(
    text: str, exact: tuple[str, str] | None
) -> None:
    assert parse(text).exact == exact
