from typing import Any

import pytest

from gateway.model.finding import Finding
from gateway.model.identity import finding_key
from tests.sources.conftest import Read


def _only(read: Read, name: str) -> Finding:
    (finding,) = read(name).findings
    return finding


def _of(read: Read, *issues: Any) -> tuple[Finding, ...]:
    return read({"project": {"id": "p"}, "newIssues": list(issues)}).findings


def test_snyks_own_issue_is_kept_without_what_a_database_refuses(read: Read) -> None:
    (only,) = _of(read, {"id": "A", "x": ["a\0b"]})

    assert only.raw == {"id": "A", "x": ["ab"]}


def test_04_numbers_among_identifiers_and_issues_without_newer_fields_are_read(read: Read) -> None:
    first, second, third = read("04-new-npm-2021").findings

    assert first.ghsa == ("GHSA-aaaa-bbbb-cccc",)
    assert first.cve == ("CVE-2020-88001",)
    assert (first.fixable, second.fixable, third.fixable) == (True, True, False)
    assert first.fixed_in == ()
    assert not first.malicious
    assert 4_000 < len(first.description) < 6_000


def test_05_fixable_by_a_pin_with_an_empty_list_of_cves(read: Read) -> None:
    first, second, *_ = read("05-new-pip-cli-2021").findings

    assert first.fixable
    assert first.cve == ()
    assert second.cve == ("CVE-2021-88102",)
    assert first.published == "2021-01-11T15:30:01.123456Z"
    assert first.disclosed == "2021-01-11T15:30:01Z"


def test_06_a_whole_score_mixed_line_ends_and_an_unknown_key(read: Read) -> None:
    finding = _only(read, "06-new-maven-2022")

    assert finding.package == "example.orchard:cherry-core"
    assert finding.cvss == 7.0
    assert finding.fixed_in == ("8.5.75", "9.0.58", "10.0.16", "3.3")
    assert finding.description == "## Overview\r\nMixed line ends\nare real.\r\n"


def test_07_severity_is_not_derived_from_cvss(read: Read) -> None:
    finding = _only(read, "07-new-npm-2022")

    assert (finding.severity, finding.cvss) == ("high", 5.3)
    assert not finding.fixable
    assert finding.fixed_in == ()


def test_08_either_list_may_stand_first(read: Read) -> None:
    event = read("08-new-npm-2023")

    assert [finding.cve for finding in event.findings] == [("CVE-2026-99044",), ()]


def test_10_versions_are_listed_once_and_a_package_keeps_its_slash(read: Read) -> None:
    new, removed = read("10-container-deb-2025").findings

    assert new.versions == ("255.4-1",)
    assert new.package == "orchardd/liborchardd0"
    assert (new.severity, new.cvss) == ("critical", 8.2)
    assert new.language == "linux"
    assert removed.change == "removed"


def test_11_the_score_of_priority_wins_over_the_older_field(read: Read) -> None:
    assert _only(read, "11-risk-score").priority == 149.0


@pytest.mark.parametrize(
    ("issue", "priority"),
    [
        ({"priority": {"score": 0}, "priorityScore": 500}, 0.0),
        ({"priority": {"score": None}, "priorityScore": 500}, 500.0),
        ({"priority": None, "priorityScore": "500"}, 500.0),
        ({"priorityScore": 500}, 500.0),
        ({}, None),
    ],
)
def test_the_older_field_stands_in_where_priority_has_no_score(
    read: Read, issue: dict[str, Any], priority: float | None
) -> None:
    (finding,) = _of(read, {"id": "SNYK-1", **issue})

    assert finding.priority == priority


def test_12_text_in_any_script_arrives_as_it_was_sent(read: Read) -> None:
    finding = _only(read, "12-non-ascii")

    assert finding.title == "Unsafe “quotes” — everywhere"
    assert "🍐 \U0001d6fc-rings.\u2028Next" in finding.description
    assert "na\u0069\u0308ve" in finding.description


def test_13_markup_and_template_marks_stay_plain_text(read: Read) -> None:
    event = read("13-hostile-markdown")
    (finding,) = event.findings

    for text in (finding.title, finding.description, finding.package, event.project.name):
        assert "{{ 7*7 }}" in text
        assert "</script><script>alert(1)</script>" in text
        assert "<!channel>" in text
        assert "&amp;#39;" in text


def test_14_scores_are_numbers_in_every_form_and_may_be_missing(read: Read) -> None:
    scores = [finding.cvss for finding in read("14-cvss-forms").findings]

    assert scores == [7.0, 7.5, 10.0, 0.0, None, None, 7.5, None]


def test_18_a_licence_has_neither_score_nor_priority(read: Read) -> None:
    finding = _only(read, "18-license")

    assert finding.type == "license"
    assert (finding.cvss, finding.priority) == (None, None)
    assert (finding.cve, finding.cwe, finding.exploit) == ((), (), "no-data")


def test_19_a_configuration_issue_is_a_type_of_its_own(read: Read) -> None:
    finding = _only(read, "19-configuration")

    assert finding.type == "configuration"
    assert not finding.fixable


def test_20_an_ignored_issue_is_read_and_marked(read: Read) -> None:
    ignored = [finding.ignored for finding in read("20-ignored").findings]

    assert ignored == [True, False]


def test_21_a_malicious_package_is_marked(read: Read) -> None:
    assert _only(read, "21-malicious").malicious


def test_23_new_and_removed_in_one_event_is_new(read: Read) -> None:
    both, gone = read("23-new-and-removed").findings

    assert (both.id, both.change, both.versions) == ("SNYK-JS-BOTH-2300001", "new", ("2.0.0",))
    assert (gone.id, gone.change) == ("SNYK-JS-BOTH-2300002", "removed")


def test_24_one_issue_in_two_packages_or_projects_is_several_findings(read: Read) -> None:
    events = (read("24-same-id-two-packages"), read("24-same-id-other-project"))

    keys = {
        finding_key(event.org.id, event.project.id, finding.id, finding.package)
        for event in events
        for finding in event.findings
    }

    assert len(keys) == 3


def test_28_hundreds_of_long_issues_are_all_read(read: Read) -> None:
    details = {"severity": "high", "description": "A long story. " * 360}
    issues = [{"id": f"SNYK-{n}", "pkgName": "p", "issueData": details} for n in range(420)]

    event = read({"project": {"id": "p"}, "newIssues": issues})

    assert len(event.findings) == 420
    assert event.unreadable_issues == 0


def test_31_an_issue_with_little_has_every_default(read: Read) -> None:
    finding = _only(read, "31-trimmed")

    assert finding == Finding(id="SNYK-JS-TRIMMED-3100001", title="Trimmed", severity="high")


def test_32_what_cannot_be_read_is_counted_and_the_sound_is_kept(read: Read) -> None:
    event = read("32-wrong-shapes")

    assert event.unreadable_issues == 7
    assert event.findings[0].title == "Flat on the issue"
    assert event.findings[0].severity == "critical"


@pytest.mark.parametrize(("name", "lost"), [("32-new-issues-null", 0), ("32-new-issues-object", 1)])
def test_32_a_list_that_is_none_spoils_not_the_other(read: Read, name: str, lost: int) -> None:
    event = read(name)

    assert [finding.change for finding in event.findings] == ["removed"]
    assert event.unreadable_issues == lost


def test_35_unknown_words_are_kept_and_have_no_rank(read: Read) -> None:
    event = read("35-unknown-severities")

    assert [finding.rank for finding in event.findings] == [0, 0, 0, 0, 4]
    assert event.findings[0].exploited
    assert event.findings[4].type == "secret"
    assert (event.project.origin, event.project.type) == ("orchard-hub", "cider-press")


def test_36_odd_ids_are_kept_bounded_and_distinct(read: Read) -> None:
    first, second, third, fourth = read("36-odd-identifiers").findings

    assert first.id == "SNYK/JS:ODD 1\n"
    assert (second.id, second.package) == ("SNYK-NUL-3600002", "nulpackage")
    assert len(third.id) == 255
    assert third.package == "long" * 500
    assert (fourth.id, fourth.package) == ("3600004", "")


def test_a_key_listed_twice_is_one_finding_the_graver_one_in_all_versions(read: Read) -> None:
    one = {"id": "S", "pkgName": "p", "pkgVersions": ["1"], "issueData": {"severity": "low"}}
    two = {"id": "S", "pkgName": "p", "pkgVersions": ["2", "1"], "issueData": {"severity": "high"}}

    (finding,) = _of(read, one, two)

    assert (finding.severity, finding.versions) == ("high", ("1", "2"))


def test_a_key_listed_twice_is_ignored_only_if_both_are(read: Read) -> None:
    heeded = {"id": "S", "issueData": {"severity": "low"}}
    ignored = {"id": "S", "isIgnored": True, "issueData": {"severity": "critical"}}

    (finding,) = _of(read, ignored, heeded)

    assert (finding.ignored, finding.severity) == (False, "low")


@pytest.mark.parametrize("way", ["isFixable", "isUpgradable", "isPinnable", "isPatchable"])
def test_any_way_to_fix_will_do(read: Read, way: str) -> None:
    (finding,) = _of(read, {"id": "S", "fixInfo": {way: True}})

    assert finding.fixable


def test_a_partial_fix_is_none(read: Read) -> None:
    (finding,) = _of(read, {"id": "S", "fixInfo": {"isPartiallyFixable": True}})

    assert not finding.fixable


def test_the_nearest_fix_of_a_container_stands_in_for_fixed_in(read: Read) -> None:
    (finding,) = _of(read, {"id": "S", "fixInfo": {"fixedIn": [], "nearestFixedInVersion": "2"}})

    assert finding.fixed_in == ("2",)


def test_a_long_description_is_cut(read: Read) -> None:
    (finding,) = _of(read, {"id": "S", "issueData": {"description": "x" * 20_000}})

    assert len(finding.description) == 10_000
