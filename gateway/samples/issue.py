"""Made-up issues in the shape of Snyk's."""

from typing import Any

Body = dict[str, Any]

_SCORES = {"low": 3.1, "medium": 5.3, "high": 7.5, "critical": 9.8}
_DESCRIPTION = (
    "## Overview\n\nAffected versions of `{package}` — a package made up for this sample — are "
    "vulnerable to {title}.\n\n## Remediation\n\nUpgrade it to version {fixed} or higher.\n"
)


def vulnerability(
    ecosystem: str,
    package: str,
    number: int,
    *,
    title: str,
    severity: str,
    exploit: str = "no-known-exploit",
    fixed: str = "2.0.1",
    **changes: Any,
) -> Body:
    """A vulnerability; an empty `fixed` means that there is no fix. `changes` replace its keys."""
    id_ = f"SNYK-{ecosystem}-{package.rpartition('/')[2].replace('-', '').upper()}-{number}"
    score = _SCORES[severity]
    return {
        "id": id_,
        "issueType": "vuln",
        "pkgName": package,
        "pkgVersions": ["1.4.2"],
        "priorityScore": round(score * 95),
        "priority": {"score": round(score * 95), "factors": _factors(score, exploit, fixed)},
        "issueData": {
            "id": id_,
            "title": title,
            "severity": severity,
            "url": f"https://security.snyk.io/vuln/{id_}",
            "description": _DESCRIPTION.format(package=package, title=title, fixed=fixed or "none"),
            "identifiers": {"CVE": [f"CVE-2026-{40000 + number}"], "CWE": ["CWE-1321"]},
            "credit": ["Acme Research"],
            "exploitMaturity": exploit,
            "semver": {"vulnerable": [f"<{fixed}"] if fixed else ["*"]},
            "publicationTime": "2026-11-18T10:29:38.000Z",
            "disclosureTime": "2026-11-17T16:29:34.000Z",
            "CVSSv3": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
            "cvssScore": score,
            "language": "linux" if ecosystem == "DEBIAN12" else "js",
            "patches": [],
            "nearestFixedInVersion": "",
            "isMaliciousPackage": False,
        },
        "isPatched": False,
        "isIgnored": False,
        "fixInfo": _fix(fixed),
        **changes,
    }


def licence(package: str, name: str, severity: str) -> Body:
    """A licence issue: no CVSS, no priority, no identifiers."""
    id_ = f"snyk:lic:npm:{package}:{name}"
    return {
        "id": id_,
        "issueType": "license",
        "pkgName": package,
        "pkgVersions": ["3.0.0"],
        "issueData": {
            "id": id_,
            "title": f"{name} license",
            "severity": severity,
            "url": f"https://snyk.io/vuln/{id_}",
            "description": "",
            "identifiers": {"CVE": [], "CWE": []},
            "credit": [],
            "exploitMaturity": "no-data",
            "semver": {"vulnerable": ["*"]},
            "publicationTime": "2026-10-01T00:00:00.000Z",
            "language": "js",
            "patches": [],
        },
        "isPatched": False,
        "isIgnored": False,
        "fixInfo": _fix(""),
    }


def _factors(score: float, exploit: str, fixed: str) -> list[Body]:
    factors = [{"name": "cvssScore", "description": f"CVSS {score}"}]
    if fixed:
        factors.append({"name": "isFixable", "description": "Has a fix available"})
    if exploit == "mature":
        factors.append({"name": "exploitMaturity", "description": "Mature exploit"})
    return factors


def _fix(version: str) -> Body:
    return {
        "isUpgradable": bool(version),
        "isPinnable": False,
        "isPatchable": False,
        "isFixable": bool(version),
        "isPartiallyFixable": False,
        "nearestFixedInVersion": "",
        "fixedIn": [version] if version else [],
    }
