"""Signed webhooks of one size, as the bytes of their requests."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import count, islice
from typing import Any

from gateway import samples
from gateway.sources.snyk import signed_headers

SECRET = "a-secret-of-sixteen-or-more"  # noqa: S105 - made up
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
SIZE = 7_000
"""Bytes of a body with three findings."""
_PROJECT = re.compile(rb"acme/service-(\d{9})")


def body(number: int, findings: int = 3, size: int | None = SIZE) -> bytes:
    """A project's first test; the descriptions are as long as it takes to be of that size."""
    (made,) = samples.bodies("new-critical", number=0, at=AT)
    whole: dict[str, Any] = json.loads(json.dumps(made))
    whole["project"]["id"] = f"00000000-0000-4000-8000-{number:012}"
    whole["project"]["name"] = f"acme/service-{number:09}:package.json"
    (issue,) = whole["newIssues"]
    whole["newIssues"] = [
        {**issue, "id": f"{issue['id']}-{each}", "issueData": {**issue["issueData"]}}
        for each in range(findings)
    ]
    if size is not None:
        _pad(whole, size)
    return samples.encode(whole)


def _pad(whole: dict[str, Any], size: int) -> None:
    missing = size - len(samples.encode(whole))
    issues = whole["newIssues"]
    for place, issue in enumerate(issues):
        extra = missing * (place + 1) // len(issues) - missing * place // len(issues)
        text = issue["issueData"]["description"]
        issue["issueData"]["description"] = text + "." * extra if extra > 0 else text[:extra]


def requests(first: int, most: int, path: str = "/webhooks/snyk") -> list[bytes]:
    """So many requests, each of another project; the first has that number."""
    return list(islice(_requests(first, path), most))


def supply(made: Sequence[bytes], path: str = "/webhooks/snyk") -> Iterator[bytes]:
    """Those that were made before, from number 0 on, and then as many more as are asked for."""
    yield from made
    yield from _requests(len(made), path)


def _requests(first: int, path: str) -> Iterator[bytes]:
    zero = body(0)
    for each in count(first):
        made = zero.replace(b"-8000-000000000000", b"-8000-%012d" % each)
        made = made.replace(b"service-000000000", b"service-%09d" % each)
        yield request(path, made)


def number(said: bytes) -> int:
    """Of the project that a request, or what was made of it, speaks of."""
    found = _PROJECT.search(said)
    if found is None:
        raise ValueError(said[:200])
    return int(found[1])


def request(path: str, made: bytes) -> bytes:
    """The body's request, signed."""
    headers = signed_headers(
        made,
        SECRET,
        event="project_snapshot/v0",
        transport_id="bench",
        timestamp="2026-03-01T12:00:00Z",
    )
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"POST {path} HTTP/1.1\r\nHost: gateway\r\n{lines}Content-Length: {len(made)}\r\n\r\n"
    return head.encode() + made
