"""What a message says in one line."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from gateway.model.alert import Beyond
from gateway.model.notice import Notice
from gateway.rendering.bounds import Bounds
from gateway.rendering.context import names
from tests.rendering.conftest import HOSTILE, finding, notice

CRITICAL = finding(1, severity="critical")
HIGH = finding(2)


def words(said: Notice, most: int = 20) -> Mapping[str, str]:
    found: Mapping[str, str] = names(said, Bounds(findings=most), sink={})["words"]
    return found


def changed(said: Notice, **changes: Any) -> Notice:
    return replace(said, alert=replace(said.alert, **changes))


def of_event(said: Notice, type_: str, **internal: str) -> Notice:
    raw = {"internal": internal} if internal else {}
    event = replace(said.alert.event, type=type_, raw=raw)
    return replace(changed(said, event=event), deliver="events")


NOTHING = notice(findings=[], fixed=[])


@pytest.mark.parametrize(
    ("said", "headline", "lead", "rest"),
    [
        (notice(findings=[CRITICAL]), "Critical: Prototype Pollution in acme-parser",
         "1 new issue", ""),
        (notice(findings=[CRITICAL, HIGH]), "2 new issues", "2 new issues", "1 critical, 1 high"),
        (notice(findings=[CRITICAL], fixed=[HIGH]), "1 new issue, 1 fixed",
         "1 new issue, 1 fixed", ""),
        (notice("update", findings=[CRITICAL, HIGH], new=1),
         "Critical: Prototype Pollution in acme-parser", "1 new issue",
         "open now: 1 critical, 1 high"),
        (notice("update", findings=[CRITICAL], new=0, fixed=[HIGH]),
         "Fixed: Prototype Pollution in acme-parser", "1 fixed issue", "open now: 1 critical"),
        (notice("close", findings=[], fixed=[HIGH]), "Fixed: Prototype Pollution in acme-parser",
         "All fixed", ""),
        (notice("close", findings=[], fixed=[CRITICAL, HIGH]), "All fixed: 2 issues",
         "All fixed", ""),
        (changed(notice("close", findings=[], fixed=[HIGH]), ended="gone"),
         "Not tested any more: closed with 1 issue", "Not tested any more", ""),
        (changed(notice("close", findings=[], fixed=[HIGH]), ended="by_hand"),
         "Resolved by hand: 1 issue", "Resolved by hand", ""),
        (replace(notice(findings=[CRITICAL, HIGH], new=0), reminder=True),
         "Still open: 2 issues", "Still open", "1 critical, 1 high"),
        (replace(notice(findings=[CRITICAL], new=0), reminder=True),
         "Still open: Prototype Pollution in acme-parser", "Still open", "1 critical"),
        (of_event(NOTHING, "ping"), "Snyk sent a ping: the webhook works",
         "Snyk sent a ping: the webhook works", ""),
        (of_event(NOTHING, "unreadable"), "An event could not be read",
         "An event could not be read", ""),
        (of_event(NOTHING, "project_snapshot"), "Tested: nothing new", "Tested: nothing new", ""),
        (of_event(NOTHING, "internal", kind="dead_letter", text="x" * 999), "x" * 149 + "…",
         "dead_letter", ""),
        (changed(notice(findings=[CRITICAL, HIGH]), rollup=True), "2 new issues in 1 project",
         "2 new issues", "1 critical, 1 high"),
        (notice(findings=[finding(title="", package="")]), "High: SNYK-JS-ACME-1",
         "1 new issue", ""),
        (notice(findings=[finding(severity="")]), "Unrated: Prototype Pollution in acme-parser",
         "1 new issue", ""),
    ],
)  # fmt: skip
def test_each_shape_is_said(said: Notice, headline: str, lead: str, rest: str) -> None:
    found = words(said)

    assert (found["headline"], found["lead"], found["rest"]) == (headline, lead, rest)


def test_what_is_not_listed_counts() -> None:
    said = changed(
        notice(findings=[CRITICAL, HIGH]), beyond=Beyond(open=3, by_rank={1: 3}), rollup=True
    )

    found = words(said, most=1)

    assert found["headline"] == "5 new issues in 1 or more projects"
    assert found["rest"] == "1 critical, 1 high, 3 low"


@pytest.mark.parametrize(
    ("said", "where"),
    [
        (notice(), "acme/shop:package.json"),
        (notice(name=""), "p-1"),
        (changed(notice(), rollup=True), "Roll-up of route everything"),
        (of_event(NOTHING, "internal", kind="k", text="t"), "snyk-gateway"),
    ],
)
def test_where_is_what_it_is_about(said: Notice, where: str) -> None:
    assert words(said)["where"] == where


def test_outside_texts_are_kept_short() -> None:
    hostile = finding(title=HOSTILE * 9, package=HOSTILE * 9, severity=HOSTILE)

    found = words(notice(findings=[hostile], name=HOSTILE * 9))

    assert all(len(text) <= 350 for text in found.values())


def test_facts_leave_out_what_says_nothing() -> None:
    loud = finding(cve=("CVE-1", "CVE-2", "CVE-3"), ghsa=("GHSA-1",), malicious=True,
                   cwe=("CWE-1321", "CWE-20", "CWE-1"))  # fmt: skip
    quiet = finding(cve=(), cvss=None, exploit="No Known Exploit")

    shown = names(notice(findings=[loud, quiet]), Bounds(), sink={})["alert"]["findings"]

    assert [each["facts"] for each in shown] == [
        ["malicious package", "SNYK-JS-ACME-1", "CVE-1", "CVE-2", "GHSA-1", "CVSS 7.5",
         "exploit: mature", "CWE-1321, CWE-20"],
        ["SNYK-JS-ACME-1"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "acme-parser 1.4.2 → fixed in 2.0.1"),
        ({"versions": ("1", "2", "3", "4"), "fixed_in": ("5", "6")},
         "acme-parser 1, 2, 3 → fixed in 5, 6"),
        ({"fixed_in": ()}, "acme-parser 1.4.2 → a fix is available"),
        ({"fixed_in": (), "fixable": False}, "acme-parser 1.4.2 → no fix yet"),
        ({"fixed_in": (), "fixable": False, "type": "license"}, "acme-parser 1.4.2"),
        ({"package": "", "versions": ()}, "fixed in 2.0.1"),
    ],
)  # fmt: skip
def test_the_version_says_what_mends_it(changes: Mapping[str, Any], says: str) -> None:
    (shown,) = names(notice(findings=[finding(**changes)]), Bounds(), sink={})["alert"]["findings"]

    assert shown["version"] == says


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "Acme · main · route everything"),
        ({"type": "npm", "image_tag": "2.4.1"}, "Acme · main · route everything"),
        ({"type": "deb", "image_tag": "2.4", "branch": ""}, "Acme · image 2.4 · route everything"),
    ],
)  # fmt: skip
def test_the_footer_says_whose_it_is(changes: Mapping[str, Any], says: str) -> None:
    assert words(notice(**changes))["footer"] == says
