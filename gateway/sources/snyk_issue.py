"""The findings in Snyk's two lists of issues."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway.model.finding import Change, Finding
from gateway.sources.lenient import identifier, mapping, number, text, texts, truth

_WAYS_TO_FIX = ("isFixable", "isUpgradable", "isPinnable", "isPatchable")

_Findings = dict[tuple[str, str], Finding]


def findings(document: Mapping[str, Any]) -> tuple[tuple[Finding, ...], int]:
    """New findings, then removed ones, each key once, and how many issues cannot be read.

    What one event lists as both new and removed is new.
    """
    new, lost = _listed(document.get("newIssues"), "new")
    removed, lost_too = _listed(document.get("removedIssues"), "removed")
    gone = (finding for key, finding in removed.items() if key not in new)
    return (*new.values(), *gone), lost + lost_too


def _listed(value: Any, change: Change) -> tuple[_Findings, int]:
    """The findings of one list by id and package; something else than a list counts as lost."""
    issues = value if isinstance(value, list) else [] if value is None else [None]
    known: _Findings = {}
    lost = 0
    for issue in issues:
        read = finding(issue, change)
        if read is None:
            lost += 1
        else:
            key = read.id, read.package
            known[key] = _merged(known[key], read) if key in known else read
    return known, lost


def _merged(one: Finding, other: Finding) -> Finding:
    """A finding listed twice: the graver entry, one that is not ignored first, in all versions."""
    graver, _ = sorted((one, other), key=lambda each: (each.ignored, -each.rank))
    return replace(graver, versions=tuple(dict.fromkeys((*one.versions, *other.versions))))


def finding(value: Any, change: Change) -> Finding | None:
    """One issue; None without an id. What `issueData` would hold may stand on the issue itself."""
    issue = mapping(value)
    id_ = identifier(issue.get("id"))
    if not id_:
        return None
    details = mapping(issue.get("issueData")) or issue
    identifiers = mapping(details.get("identifiers"))
    fix = mapping(issue.get("fixInfo"))
    return Finding(
        id=id_,
        change=change,
        type=text(issue.get("issueType")),
        title=text(details.get("title")),
        severity=text(details.get("severity")),
        package=text(issue.get("pkgName")),
        versions=texts(issue.get("pkgVersions")),
        cve=texts(identifiers.get("CVE")),
        cwe=texts(identifiers.get("CWE")),
        ghsa=texts(identifiers.get("GHSA")),
        cvss=number(details.get("cvssScore")),
        priority=_priority(issue),
        exploit=text(details.get("exploitMaturity")),
        fixable=any(truth(fix.get(way)) for way in _WAYS_TO_FIX),
        fixed_in=texts(fix.get("fixedIn")) or texts(fix.get("nearestFixedInVersion")),
        malicious=truth(details.get("isMaliciousPackage")),
        ignored=truth(issue.get("isIgnored")),
        language=text(details.get("language")),
        url=text(details.get("url")),
        published=text(details.get("publicationTime")),
        disclosed=text(details.get("disclosureTime")),
        description=text(details.get("description")),
        raw=issue,
    )


def _priority(issue: Mapping[str, Any]) -> float | None:
    """`priority.score`, else the older `priorityScore`; with Risk Score switched on they differ."""
    score = number(mapping(issue.get("priority")).get("score"))
    return number(issue.get("priorityScore")) if score is None else score
