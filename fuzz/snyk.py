"""The Snyk reader: any body is an event that can be stored, or Unreadable."""

import copy
import json
import math
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from fuzz.target import Plant, Target
from gateway import codec
from gateway.errors import Unreadable
from gateway.model.event import Event
from gateway.model.finding import Finding
from gateway.settings.secrets import Secret
from gateway.sources import snyk_issue
from gateway.sources.lenient import LONGEST_ID, LONGEST_TEXT
from gateway.sources.snyk import Snyk, SnykSettings

NOW = datetime(2026, 11, 20, 5, 12, 50, tzinfo=UTC)
SOURCE = Snyk("snyk", SnykSettings(type="snyk", secrets=[Secret("a-made-up-secret-of-the-fuzzer")]))


def check(body: bytes) -> None:
    """Reads the body; fails unless it is Unreadable or a sound event, the same each time."""
    event = _read(body)
    assert event == _read(body)
    assert event == _read(b"\n" + body + b" ")
    if event is not None:
        _judge(event, codec.decode(body))


def _read(body: bytes) -> Event | None:
    try:
        return SOURCE.read(body, id="evt_1", received_at=NOW, version="v0")
    except Unreadable:
        return None


def _judge(event: Event, said: dict[str, Any]) -> None:
    assert event.type in {"project_snapshot", "ping"}
    assert (event.type == "project_snapshot") == bool(event.project.id)
    assert event.tested_at is None or event.tested_at.utcoffset() == NOW.utcoffset()
    assert all(len(id_) <= LONGEST_ID for id_ in (event.project.id, event.org.id, event.group.id))
    lists = [said.get(name) for name in ("newIssues", "removedIssues")]
    listed = sum(len(each) if isinstance(each, list) else each is not None for each in lists)
    assert len(event.findings) + event.unreadable_issues <= listed
    keys = [(finding.id, finding.package) for finding in event.findings]
    assert len(keys) == len(set(keys))
    for finding in event.findings:
        assert 0 < len(finding.id) <= LONGEST_ID
        assert all(math.isfinite(each) for each in (finding.cvss or 0, finding.priority or 0))
    # What is stored is encoded, and a database takes neither NUL nor lone surrogates.
    codec.encode([event.raw, *(finding.raw for finding in event.findings)])
    for text in _texts((event.project, event.org, event.group, event.findings)):
        assert len(text) <= LONGEST_TEXT
        assert "\0" not in text
        text.encode()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _texts(each)
    elif hasattr(value, "__slots__"):
        yield from _texts(tuple(getattr(value, name) for name in value.__slots__))


ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 9.8, -0.0, 1e300, 2**64 - 1, 2**64, 10**30, "", "None", "true",
    "7.5", "nan", "1e999", "\0", "é", "k=v", "=", "x" * 300, "0001-01-01T00:00:00+14:00",
    "9999-12-31", "2026-11-20T05:12:44", "2026-11-20T05:12:44Z", [], {}, [None], ["a", "a"], [[]],
    {"": ""}, {"key": "k", "value": None}, {"id": 7},
)  # fmt: skip

_WAYS = (True, False)


def change(body: bytes, dice: random.Random) -> bytes:
    """A body with one value taken out, replaced, repeated or moved; what is no JSON as it is."""
    try:
        said = json.loads(body)
        places = list(_places(said))
    except (ValueError, RecursionError):
        return body
    if places:
        parent, key = dice.choice(places)
        other, from_ = dice.choice(places)
        found = copy.deepcopy(dice.choice((parent[key], other[from_], dice.choice(ODD))))
        match dice.randrange(3):
            case 0:
                del parent[key]
            case 1:
                parent[key] = found
            case _:
                _put(parent, found, dice)
    try:
        return json.dumps(said, separators=(",", ":"), ensure_ascii=dice.choice(_WAYS)).encode()
    except ValueError:  # a lone surrogate
        return body


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every value, as what it stands in and its key there."""
    if not isinstance(value, dict | list):
        return
    for key, each in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, key
        yield from _places(each)


def _put(parent: Any, value: Any, dice: random.Random) -> None:
    """Adds the value: to a list, or as one of the keys that are read."""
    if isinstance(parent, list):
        parent.append(value)
    else:
        parent[dice.choice(KEYS)] = value


KEYS = (
    "attributes", "branch", "browseUrl", "criticality", "CVE", "CWE", "cvssScore", "description",
    "disclosureTime", "environment", "exploitMaturity", "fixedIn", "fixInfo", "GHSA", "group", "id",
    "identifiers", "imageTag", "isFixable", "isIgnored", "isMaliciousPackage", "isPatchable",
    "isPinnable", "isUpgradable", "issueData", "issueType", "key", "language", "lastTestedDate",
    "lifecycle", "name", "nearestFixedInVersion", "newIssues", "org", "origin", "pkgName",
    "pkgVersions", "priority", "priorityScore", "project", "publicationTime", "removedIssues",
    "score", "severity", "slug", "tags", "title", "type", "url", "value", "webhookId",
)  # fmt: skip


def _merged(one: Finding, other: Finding) -> Finding:
    """As snyk_issue's, but it asks for the score too, as if there always were one."""
    graver, _ = sorted((one, other), key=lambda each: (each.ignored, -each.rank, each.cvss))
    return replace(graver, versions=tuple(dict.fromkeys((*one.versions, *other.versions))))


TARGET = Target(
    name="snyk",
    check=check,
    modules=(
        "gateway.sources.snyk",
        "gateway.sources.snyk_issue",
        "gateway.sources.snyk_project",
        "gateway.sources.document",
        "gateway.sources.lenient",
        "gateway.codec",
    ),
    words=tuple(f'"{key}":' for key in KEYS),
    plant=Plant(snyk_issue, "_merged", _merged),
    change=change,
)
