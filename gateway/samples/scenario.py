"""What the sample events say."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from gateway.samples.issue import Body, licence, vulnerability
from gateway.samples.project import made_up_id, project, snapshot

Scenario = Callable[[int, datetime], list[Body]]

# Over 400 issues of about 5 kB, as a first test of a neglected project brings them: over 2 MB.
_MANY = 420
_PARAGRAPH = "The parser follows every reference that it is given, however deep. " * 72
_STRUCK = 12


def _ping(number: int, _at: datetime) -> list[Body]:
    return [{"webhookId": made_up_id("webhook", number)}]


def _clean(number: int, at: datetime) -> list[Body]:
    return [snapshot(project("shop", number, at))]


def _new_critical(number: int, at: datetime) -> list[Body]:
    return [snapshot(project("shop", number, at), new=[_lodash(number)])]


def _fixed(number: int, at: datetime) -> list[Body]:
    return [snapshot(project("shop", number, at), removed=[_lodash(number)])]


def _lodash(number: int) -> Body:
    return vulnerability(
        "JS",
        "lodash",
        number + 1,
        title="Prototype Pollution",
        severity="critical",
        exploit="mature",
        fixed="4.17.99",
        pkgVersions=["4.17.20"],
    )


def _new_mixed(number: int, at: datetime) -> list[Body]:
    first = 10 * number
    new = [
        vulnerability("JS", "acme-router", first + 1, title="Open Redirect", severity="medium"),
        vulnerability("JS", "acme-auth", first + 2, title="Improper Access", severity="critical"),
        vulnerability(
            "JS",
            "acme-yaml",
            first + 3,
            title="Regular Expression Denial of Service (ReDoS)",
            severity="high",
            exploit="proof-of-concept",
            fixed="",
        ),
        vulnerability("JS", "acme-print", first + 4, title="Information Leak", severity="low"),
        vulnerability(
            "JS", "acme-cache", first + 5, title="Race Condition", severity="high", isIgnored=True
        ),
    ]
    gone = vulnerability("JS", "acme-mail", first + 6, title="Header Injection", severity="high")
    return [snapshot(project("website", number, at), new=new, removed=[gone])]


def _license(number: int, at: datetime) -> list[Body]:
    found = licence("acme-ledger", "AGPL-3.0", "high")
    return [snapshot(project("billing", number, at), new=[found])]


def _container(number: int, at: datetime) -> list[Body]:
    image = project("worker", number, at)
    tested = {
        **image,
        "name": image["name"].removesuffix(":package.json"),
        "origin": "docker-hub",
        "type": "deb",
        "imageTag": f"1.{number}.0",
        "imagePlatform": "linux/amd64",
        "imageBaseImage": "debian:12-slim",
        "branch": None,
    }
    found = vulnerability(
        "DEBIAN12",
        "acmessl/libacmessl3",
        number + 1,
        title="Out-of-bounds Write",
        severity="high",
        fixed="3.0.15-1",
        pkgVersions=["3.0.14-1"],
    )
    return [snapshot(tested, new=[found])]


def _storm(number: int, at: datetime) -> list[Body]:
    """One vulnerability in a dozen projects."""
    names = (f"service-{each:02}" for each in range(1, _STRUCK + 1))
    return [snapshot(project(name, number, at), new=[_logger(number)]) for name in names]


def _logger(number: int) -> Body:
    found = vulnerability(
        "JS", "acme-logger", number + 1, title="Remote Code Execution", severity="critical"
    )
    found["issueData"]["identifiers"]["CVE"] = ["CVE-2026-1234"]
    return found


def _large(number: int, at: datetime) -> list[Body]:
    severities = ("low", "medium", "high", "critical")
    new = [
        vulnerability(
            "JS",
            f"acme-part-{each:03}",
            _MANY * number + each + 1,
            title="Uncontrolled Recursion",
            severity=severities[each % len(severities)],
        )
        for each in range(_MANY)
    ]
    for issue in new:
        issue["issueData"]["description"] += _PARAGRAPH
    return [snapshot(project("monolith", number, at), new=new)]


SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        "ping": _ping,
        "clean": _clean,
        "new-critical": _new_critical,
        "new-mixed": _new_mixed,
        "fixed": _fixed,
        "license": _license,
        "container": _container,
        "storm": _storm,
        "large": _large,
    }
)
