"""DESIGN, section 13: grouping, a test for each sentence."""

from typing import Any

import pytest

from tests.preview.fine_print.conftest import Ask, issue, snapshot


def with_cve(id_: str, *cve: str) -> dict[str, Any]:
    return issue(id_, issueData={"identifiers": {"CVE": list(cve)}})


def alerts(ask: Ask, group_by: str, *new: dict[str, Any], **more: Any) -> list[set[str]]:
    """The findings of each alert, in the order in which they are listed."""
    rules = f"route: {{sinks: [chat], group_by: {group_by}}}\n"
    found: dict[str, set[str]] = {}
    for finding in ask.explain(rules, snapshot(*new, **more))["findings"]:
        for delivery in finding["deliveries"]:
            found.setdefault(delivery["alert_key"], set()).add(finding["id"])
    return list(found.values())


def test_several_values_belong_to_the_alert_of_the_whole_set(ask: Ask) -> None:
    new = [with_cve("A", "CVE-2", "CVE-1"), with_cve("B", "CVE-1", "CVE-2"), with_cve("C", "CVE-1")]

    assert alerts(ask, "[cve]", *new) == [{"A", "B"}, {"C"}]


@pytest.mark.parametrize("field", ["cve", "cwe", "ghsa"])
def test_strangers_without_an_identifier_are_not_merged(ask: Ask, field: str) -> None:
    assert alerts(ask, f"[{field}]", with_cve("A"), with_cve("B")) == [{"A"}, {"B"}]


def test_any_other_empty_field_is_a_value_like_others(ask: Ask) -> None:
    assert alerts(ask, "[exploit]", issue("A"), issue("B")) == [{"A", "B"}]


def test_the_parts_of_a_key_are_kept_apart_whatever_they_hold(ask: Ask) -> None:
    new = [
        issue("A", pkgName='a","b', issueType="c"),
        issue("B", pkgName="a", issueType='b","c'),
        issue("C", pkgName="a/b", issueType="c"),
        issue("D", pkgName="a", issueType="b/c"),
    ]

    assert len(alerts(ask, "[package, type]", *new)) == 4


def test_a_value_that_looks_like_a_set_is_none(ask: Ask) -> None:
    new = [with_cve("A", '["CVE-1","CVE-2"]'), with_cve("B", "CVE-1", "CVE-2")]

    assert alerts(ask, "[cve]", *new) == [{"A"}, {"B"}]


def test_removed_findings_walk_the_tree_for_findings_and_in_explain(ask: Ask) -> None:
    rules = "route: {sinks: [chat], routes: [{name: a, deliver: findings, continue: true}]}\n"

    (finding,) = ask.explain(rules, snapshot(removed=(issue(),)))["findings"]

    assert finding["change"] == "removed"
    assert [each["route"] for each in finding["deliveries"]] == ["a"]
    assert [step["route"] for step in finding["path"]] == ["root", "a"]


def test_a_key_listed_twice_is_one_finding_new_and_removed_is_new(ask: Ask) -> None:
    body = snapshot(issue("A"), issue("A"), removed=(issue("A"), issue("B"), issue("B")))

    findings = ask.explain("route: {sinks: [chat]}\n", body)["findings"]

    assert [(each["id"], each["change"]) for each in findings] == [("A", "new"), ("B", "removed")]


IGNORED = issue("A", isIgnored=True)


@pytest.mark.parametrize("body", [snapshot(IGNORED), snapshot(removed=(IGNORED,))])
def test_an_ignored_finding_is_shown_without_deliveries(ask: Ask, body: bytes) -> None:
    (finding,) = ask.explain("route: {sinks: [chat]}\n", body)["findings"]

    assert (finding["skipped"], finding["deliveries"]) == ("ignored", [])
    assert [step["route"] for step in finding["path"]] == ["root"]


@pytest.mark.parametrize("key", ["event", "project", "org", "source", "project.tags.team", "title"])
def test_alerts_are_grouped_by_four_words_or_any_field(ask: Ask, key: str) -> None:
    assert alerts(ask, f"[{key}]", issue("A"), issue("B")) == [{"A", "B"}]


def test_a_finding_is_one_issue_in_one_package(ask: Ask) -> None:
    new = [issue("A"), issue("A", pkgName="right-pad"), issue("B")]

    assert len(alerts(ask, "[finding]", *new)) == 3


def test_an_instance_has_alerts_of_its_own(ask: Ask) -> None:
    rules = "route: {sinks: [chat], group_by: [finding]}\n"

    ours, theirs = (
        ask.deliveries(rules + instance, snapshot(issue()))[0]["alert_key"]
        for instance in ("", "instance: staging\n")
    )

    assert ours != theirs
