"""Made-up projects of a made-up organisation, in the shape of Snyk's snapshots."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

Body = dict[str, Any]

_APP = "https://app.snyk.io/org/acme"
_ORG = {
    "id": str(uuid.uuid5(uuid.NAMESPACE_URL, _APP)),
    "name": "Acme",
    "slug": "acme",
    "url": _APP,
    "group": None,
    "created": "2025-06-01T09:00:00.000Z",
}
_GROUP = {"id": str(uuid.uuid5(uuid.NAMESPACE_URL, "group/acme")), "name": "Acme Group"}
_LEVELS = ("low", "high", "medium", "critical")


def made_up_id(*parts: object) -> str:
    """A UUID that is the same for the same parts."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join((_APP, *map(str, parts)))))


def project(repository: str, number: int, at: datetime, **changes: Any) -> Body:
    """A tested npm project; number 0 bears the repository's name as it stands."""
    suffix = f"-{number}" if number else ""
    id_ = made_up_id("project", repository, number)
    return {
        "id": id_,
        "name": f"acme/{repository}{suffix}:package.json",
        "created": "2026-02-03T08:15:30.120Z",
        "origin": "github",
        "type": "npm",
        "readOnly": False,
        "testFrequency": "daily",
        "totalDependencies": 412,
        "imageTag": "2.4.1",
        "imagePlatform": "",
        "lastTestedDate": timestamp(at),
        "browseUrl": f"{_APP}/project/{id_}",
        "importingUser": None,
        "owner": None,
        "tags": [{"key": "env", "value": "prod"}, {"key": "team", "value": "payments"}],
        "isMonitored": True,
        "attributes": {
            "criticality": ["critical"],
            "lifecycle": ["production"],
            "environment": ["frontend"],
        },
        "branch": "main",
        **changes,
    }


def snapshot(tested: Body, new: Sequence[Body] = (), removed: Sequence[Body] = ()) -> Body:
    """The body that Snyk sends after a test of the project."""
    severities = [issue["issueData"]["severity"] for issue in new if not issue["isIgnored"]]
    counts = {level: severities.count(level) for level in _LEVELS}
    return {
        "project": {**tested, "issueCountsBySeverity": counts},
        "org": dict(_ORG),
        "group": dict(_GROUP),
        "newIssues": list(new),
        "removedIssues": list(removed),
    }


def timestamp(at: datetime) -> str:
    """The instant as Snyk writes it: UTC, milliseconds, `Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
