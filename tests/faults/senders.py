"""Senders on plain sockets: many, slow or half-hearted ones, each of which hears its answer."""

import asyncio
import hashlib
import json
import re
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from itertools import accumulate
from typing import Any

from gateway import samples
from gateway.samples.issue import vulnerability
from gateway.samples.project import made_up_id
from tests.faults.oracle import Webhook
from tests.faults.witnesses import headers_of

PATIENCE = 120.0
"""So many seconds an answer may take before it counts as none."""
_AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
_PIECE = 128 * 1024
_EMPTY = b'"newIssues":[]'


@dataclass(frozen=True, slots=True)
class Post:
    """A request as bytes, and what its body is known by; many share the bulk of their bodies."""

    webhook: Webhook
    head: bytes
    pieces: Sequence[memoryview]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a sender heard; the status is 0 where the connection ended without a word."""

    status: int = 0
    seconds: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)
    said: Mapping[str, Any] = field(default_factory=dict)


NOTHING = Answer()
FORGERIES = (
    b"",
    b"X-Hub-Signature: sha256=%s\r\n" % (b"0" * 64),
    b"X-Hub-Signature: sha1=%s\r\n" % (b"0" * 40),
    b"X-Hub-Signature: sha256=%s\r\n" % (b"f" * 63),
)
_SIGNATURE = re.compile(rb"X-Hub-Signature: [^\r]*\r\n")


def post(number: int, size: int, *, described: int = 0) -> Post:
    """A signed snapshot of a project of its own, with as many new findings as the size has room.

    They are short ones, with so many more characters of description.
    """
    begin, end = _frame(number)
    issues, ends = _issues(1 << size.bit_length(), described)
    room = size - len(begin) - len(end)
    fitting = max((each for each in ends if each <= room), default=0)
    bulk = memoryview(issues)[: max(fitting - 1, 0)]  # without the last comma
    body = b"".join((begin, bulk, end))
    digest, project = hashlib.sha256(body).hexdigest(), made_up_id("project", "shop", number)
    webhook = Webhook(digest, project, opens=False)  # no route makes alerts of it
    return Post(
        webhook,
        head(len(body), headers_of(body, number)),
        [memoryview(begin), bulk, memoryview(end)],
    )


def head(length: int, headers: Mapping[str, str]) -> bytes:
    """The head of a webhook's request, the last of its connection."""
    lines = ["POST /webhooks/snyk HTTP/1.1", "Host: gateway.example", "Connection: close"]
    lines += [f"Content-Length: {length}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


async def send(address: str, sent: Post, *, seconds: float = 0.0) -> Answer:
    """The answer to a request whose body is sent within that time, or as fast as it is taken."""
    began = time.monotonic()
    heard = NOTHING
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(PATIENCE), dialled(address) as (reader, writer):
            sending = asyncio.create_task(_send(writer, sent, seconds))
            try:
                heard = await hear(reader)
            finally:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
    return replace(heard, seconds=time.monotonic() - began)


async def linger(address: str, sent: Post, *, pause: float | None, seconds: float) -> bool:
    """Whether it was cut off in that time: it sends its head byte by byte, or half of its body."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds), dialled(address) as (reader, writer):
            sending = asyncio.create_task(_linger(writer, sent, pause))
            try:
                await hear(reader)
            finally:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
            return True
    return False


def forged(made: Post, kind: int) -> Post:
    """The same request with another signature, or none: each kind another way to be wrong."""
    lines = FORGERIES[kind % len(FORGERIES)]
    return replace(made, head=_SIGNATURE.sub(lines, made.head))


@asynccontextmanager
async def dialled(
    address: str,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection, closed at the end whatever is left to be sent."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def hear(reader: asyncio.StreamReader) -> Answer:
    """An answer; nothing where the connection ends without one."""
    try:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        pairs = (line.partition(": ") for line in lines if line)
        headers = {name.lower(): value for name, _, value in pairs}
        body = await reader.readexactly(int(headers["content-length"]))
    except (OSError, EOFError):
        return NOTHING
    return Answer(int(first.split()[1]), headers=headers, said=json.loads(body))


async def _linger(writer: asyncio.StreamWriter, sent: Post, pause: float | None) -> None:
    if pause is None:
        begin, *_ = sent.pieces
        writer.write(sent.head + bytes(begin[: len(begin) // 2]))
        return
    for byte in sent.head:
        writer.write(bytes([byte]))
        await asyncio.sleep(pause)


async def _send(writer: asyncio.StreamWriter, sent: Post, seconds: float) -> None:
    began, done, whole = time.monotonic(), 0, sum(map(len, sent.pieces))
    writer.write(sent.head)
    for piece in sent.pieces:
        for start in range(0, len(piece), _PIECE):
            part = piece[start : start + _PIECE]
            writer.write(part)
            await writer.drain()
            done += len(part)
            await asyncio.sleep(began + seconds * done / whole - time.monotonic())


def _frame(number: int) -> tuple[bytes, bytes]:
    """What stands in a body before its new findings, and behind them."""
    (body,) = samples.bodies("new-critical", number=number, at=_AT)
    begin, end = samples.encode({**body, "newIssues": []}).split(_EMPTY)
    return begin + _EMPTY[:-1], b"]" + end


@cache
def _issues(size: int, described: int) -> tuple[bytes, Sequence[int]]:
    """At least so many bytes of new findings, each with a comma, and where each ends."""
    issues: list[bytes] = []
    left = size
    while left > 0:
        number = len(issues) + 1
        issue = vulnerability("JS", f"package-{number}", number, title="a flaw", severity="high")
        issue["issueData"]["description"] += "x" * described
        issues.append(samples.encode(issue) + b",")
        left -= len(issues[-1])
    return b"".join(issues), list(accumulate(map(len, issues)))
