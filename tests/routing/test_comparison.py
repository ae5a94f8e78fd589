from datetime import UTC, datetime

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from gateway.routing.comparison import OPERATORS, compare, doubt, instant, number
from gateway.routing.fields import FIELDS, find_field

TAG = "project.tags.tier"
# Text as it can reach a matcher: YAML and JSON refuse lone surrogates.
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
texts = st.lists(words, min_size=1, max_size=4).map(tuple)
ranks = st.sampled_from(["low", "medium", "high", "critical"])
numbers = st.floats(-1000, 1000).map(str) | st.integers(-1000, 1000).map(str)


def holds(name: str, operator: str, value: str, *found: str) -> bool:
    return compare(find_field(name), operator, value)(found)


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("=", "", True),
        ("!=", "x", True),
        ("=~", ".*", True),
        ("!~", ".+", True),
        ("=", "x", False),
        ("!=", "", False),
        ("=~", ".+", False),
        ("!~", ".*", False),
    ],
)
@pytest.mark.parametrize("name", ["title", "cve", "severity", "published", TAG])
def test_a_missing_value_is_the_empty_text(
    name: str, operator: str, value: str, *, expected: bool
) -> None:
    assert expected is holds(name, operator, value, "")


@pytest.mark.parametrize("operator", [">", ">=", "<", "<="])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("severity", "medium"),
        ("project.criticality", "medium"),
        ("cvss", "0"),
        ("priority", "-1"),
        ("published", "2026-01-01"),
        (TAG, "0"),
    ],
)
@pytest.mark.parametrize("found", ["", "unheard-of"])
def test_a_missing_or_unknown_value_never_satisfies_an_ordered_operator(
    name: str, operator: str, value: str, found: str
) -> None:
    assert not holds(name, operator, value, found)


@given(texts, words)
def test_equal_means_any_element_and_unequal_none(found: tuple[str, ...], value: str) -> None:
    assert (value in found) is holds("cve", "=", value, *found)
    assert (value not in found) is holds("cve", "!=", value, *found)


@given(texts, words)
def test_a_pattern_is_anchored_and_means_any_or_none(found: tuple[str, ...], value: str) -> None:
    pattern = re2.escape(value)

    assert (value in found) is holds("cve", "=~", pattern, *found)
    assert (value not in found) is holds("cve", "!~", pattern, *found)


@given(words, words, words)
def test_a_pattern_finds_nothing_in_the_middle(before: str, value: str, after: str) -> None:
    found = before + value + after

    assert (found == value) is holds("title", "=~", re2.escape(value), found)
    assert holds("title", "=~", ".*" + re2.escape(value) + ".*", found)


def test_a_pattern_is_anchored_around_all_its_alternatives() -> None:
    assert holds("cve", "=~", "CVE-1|CVE-2", "CVE-2")
    assert not holds("cve", "=~", "CVE-1|CVE-2", "CVE-22")
    assert not holds("project.name", "=~", "acme", "acme/web")


def test_a_hostile_text_is_matched_in_linear_time() -> None:
    assert not holds("title", "=~", "(?:(a+)+b)", "a" * 20_000)


@given(ranks, ranks)
def test_severities_compare_by_rank(found: str, value: str) -> None:
    order = ["low", "medium", "high", "critical"]

    for name in ("severity", "project.criticality"):
        assert (order.index(found) >= order.index(value)) is holds(name, ">=", value, found)
        assert (order.index(found) <= order.index(value)) is holds(name, "<=", value, found)


@given(numbers, numbers)
def test_numbers_compare_as_numbers(found: str, value: str) -> None:
    for name in ("cvss", "priority"):
        assert (float(found) == float(value)) is holds(name, "=", value, found)
        assert (float(found) != float(value)) is holds(name, "!=", value, found)
    for name in ("cvss", TAG):
        assert (float(found) > float(value)) is holds(name, ">", value, found)
        assert (float(found) <= float(value)) is holds(name, "<=", value, found)


def test_a_number_equals_however_it_is_written_and_a_tag_is_text() -> None:
    assert holds("cvss", "=", "9.80", "9.8")
    assert holds("cvss", "=", "", "")
    assert not holds("cvss", "=", "", "9.8")
    assert holds("cvss", "!=", "", "9.8")
    assert holds("cvss", "!=", "9.8", "")
    assert not holds(TAG, "=", "1.1", "1.10")


def test_an_ordered_operator_on_a_list_asks_for_any_element() -> None:
    assert holds("project.criticality", ">=", "high", "low", "critical")
    assert holds(TAG, "<", "2", "gold", "1")
    assert not holds("project.criticality", ">=", "high", "low", "medium")


@pytest.mark.parametrize(
    ("operator", "value", "found", "expected"),
    [
        (">=", "2026-01-31", "2026-01-31T00:00:00Z", True),
        (">", "2026-01-31", "2026-01-31T00:00:00Z", False),
        (">", "2026-01-31", "2026-01-31T00:00:00.000001Z", True),
        ("<", "2026-01-31", "2026-01-31T00:30:00+01:00", True),
        ("<=", "2026-01-31T12:00:00+02:00", "2026-01-31T10:00:00.000Z", True),
        (">=", "2026-01-31", "2026-01-31", True),
        (">", "2026-01-31T00:00:00", "2026-01-31", False),
        (">", "0001-01-01T00:00+23:59", "9999-12-31T00:00-23:59", True),
    ],
)
def test_dates_compare_as_instants_in_utc(
    operator: str, value: str, found: str, *, expected: bool
) -> None:
    assert expected is holds("published", operator, value, found)


@pytest.mark.parametrize(
    ("name", "operator", "value", "text"),
    [
        ("severity", ">=", "urgent", "takes low, medium, high or critical, not 'urgent'"),
        ("severity", ">", "critical", "cannot be"),
        ("severity", "<", "low", "cannot be"),
        ("project.criticality", ">=", "", "takes low, medium, high or critical"),
        ("cvss", ">=", "high", "takes a number, not 'high'"),
        ("cvss", "=", "high", "is a number, never 'high'"),
        ("priority", "!=", "nan", "is a number"),
        ("cvss", "<", "1e999", "takes a number"),
        ("published", ">", "yesterday", "takes a date"),
        (TAG, ">", "gold", "takes a number"),
        ("change", "=", "gone", "change is new or removed"),
        ("change", "!=", "", "change is new or removed"),
        ("change", "=~", "add.*", "change is new or removed"),
        ("fixable", "=", "yes", "fixable is true or false"),
        ("ignored", "!=", "True", "ignored is true or false"),
        ("event.type", "=", "snapshot", "event.type is"),
        ("title", ">", "a", "has no order"),
        ("cve", "<", "CVE-2026-1", "has no order"),
        ("fixable", ">=", "true", "has no order"),
        ("title", "=~", "(", "not a regular expression: missing"),
        ("title", "!~", "(?=a)b", "no look-around"),
        ("title", "=~", "a\udcff", "not a regular expression: it holds what is no character"),
    ],
)
def test_what_can_never_hold_is_a_problem(name: str, operator: str, value: str, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        compare(find_field(name), operator, value)


@pytest.mark.parametrize(
    ("name", "operator", "value"),
    [
        ("type", "=", "vulnerability"),
        ("type", "!=", "License"),
        ("type", "=~", "vulns?s"),
        ("severity", "=", "urgent"),
        ("project.criticality", "=", "Critical"),
    ],
)
def test_a_value_that_nobody_knows_is_doubtful(name: str, operator: str, value: str) -> None:
    assert "fits no value that is known" in str(doubt(find_field(name), operator, value))


@pytest.mark.parametrize(
    ("name", "operator", "value"),
    [("type", "=", "license"), ("type", "=", ""), ("type", "=~", "vuln|x"), ("title", "=", "x")],
)
def test_a_value_that_may_come_is_not_doubtful(name: str, operator: str, value: str) -> None:
    assert doubt(find_field(name), operator, value) is None


@given(st.sampled_from(sorted(FIELDS)), st.sampled_from(OPERATORS), words, texts)
def test_any_comparison_answers_or_is_a_problem(
    name: str, operator: str, value: str, found: tuple[str, ...]
) -> None:
    try:
        answer = holds(name, operator, value, *found)
    except ValueError:
        return

    assert answer in {True, False}


@pytest.mark.parametrize("text", ["", " 1", "1_000", "٣", "nan", "inf", "0x10", "1e999", "-"])
def test_only_plain_numbers_are_numbers(text: str) -> None:
    assert number(text) is None


def test_a_bare_date_is_its_first_instant_in_utc() -> None:
    assert datetime(2026, 1, 31, tzinfo=UTC) == instant("2026-01-31")
    assert instant("2026-01") is None
