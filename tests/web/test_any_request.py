"""Whatever comes to the public side, it is answered in time, never with a 500."""

import asyncio
import json
import re
from http import HTTPStatus
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from gateway.sources.signature import signature
from gateway.web.limits import Limits

KEY = b"a made-up secret, long enough"  # as in conftest.py
SHORT = Limits(head_seconds=0.1, body_seconds=0.1, idle_seconds=0.1, linger_seconds=0)
WHOLE = Limits(head_seconds=5, body_seconds=5, idle_seconds=5, linger_seconds=5)
"""For requests that lack nothing: no busy machine makes them late, no reset overtakes an answer."""
IN_TIME = 10.0
"""Seconds; the limits above end everything long before, on a machine that is not too busy."""
MOST = 1024
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
REFUSALS = {400, 401, 404, 405, 408, 411, 413, 414, 415, 417, 431, 501, 503, 505}

examples = settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # one listener takes them all
)

BODIES = st.binary(max_size=200) | st.sampled_from(
    [b"", b"{}", b'{"project": {"id": "p"}}', b"x" * 1024, b"x" * 1025, b"\xff\0", b"0\r\n\r\n"]
)
NAMES = (
    "X-Hub-Signature", "X-Snyk-Event", "X-Snyk-Transport-ID", "Content-Encoding", "Content-Type",
    "Expect", "X-Forwarded-For", "Forwarded", "Upgrade", "Accept-Encoding", "Range", "Cookie",
    "If-None-Match", "X-HTTP-Method-Override", "TE", "Trailer", "Origin", "Authorization",
)  # fmt: skip
VALUES = (
    "", "gzip", "identity", "100-continue", "sha256=", f"sha256={'0' * 64}", "sha1=0", "h2c",
    "192.0.2.1", "bytes=0-", "*", "é", "x" * 9000, "a\tb", "a, b", "ping/v1", "\x01", "chunked",
)  # fmt: skip
HEADERS = st.dictionaries(
    st.sampled_from(NAMES),
    st.sampled_from(VALUES)
    | st.text(st.characters(max_codepoint=0xFF, exclude_characters="\r\n"), max_size=40),
    max_size=4,
)
PIECES = (
    b"POST /webhooks/snyk HTTP/1.1\r\n", b"GET /healthz HTTP/1.1\r\n", b"Host: a\r\n", b"\r\n",
    b"POST /webhooks/%00/..%2f HTTP/1.1\r\n", b"POST http://a/webhooks/snyk HTTP/1.0\r\n",
    b"CONNECT a:1 HTTP/1.1\r\n", b"OPTIONS * HTTP/1.1\r\n", b"\n", b"\0", b" ", b":", b"\x16\x03",
    b"Content-Length: 5\r\n", b"Content-Length: -1\r\n", b"Content-Length: 99999999999999999\r\n",
    b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip\r\n", b"5\r\nhello\r\n0\r\n\r\n",
    b"Expect: 100-continue\r\n", b"Connection: close\r\n", b"ffffffffffffffffff\r\n", b"PRI *",
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\n", b"a: b\r\n c\r\n",
    f"X-Hub-Signature: {signature(b'hello', KEY)}\r\n".encode(), b"hello", b"x" * 9000,
)  # fmt: skip


async def _told(dial: Any, listener: Any, data: bytes) -> bytes:
    """All that is answered until the connection is closed."""
    wire = await dial(listener.port)
    try:
        async with asyncio.timeout(IN_TIME):
            await wire.send(data)
            return bytes(await wire.ends())
    except ConnectionError:  # closed while bytes that nobody wants were under way
        return b""
    finally:
        wire.writer.close()


def _statuses(told: bytes) -> list[int]:
    """The statuses of all answers on one connection; each is whole, and says what it is."""
    found = []
    while told:
        head, _, told = told.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = (each.partition(":") for each in lines)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        found.append(int(first.split()[1]))
        length = int(headers.get("content-length", "0"))
        body, told = told[:length], told[length:]
        assert len(body) == length
        if found[-1] in REFUSALS and body:
            assert json.loads(body)["status"] == found[-1]
    return found


def _passes(headers: dict[str, str], body: bytes) -> bool:
    """Whether headers beside the right signature leave nothing to refuse."""
    return (
        len(body) <= MOST
        and "X-Hub-Signature" not in headers
        and headers.get("Content-Encoding", "").strip(" \t").lower() in {"", "identity"}
        and all(len(value) <= WHOLE.header_bytes for value in headers.values())
        and not any(_CONTROL.search(value) for value in headers.values())
    )


@examples
@given(headers=HEADERS, body=BODIES, signed=st.sampled_from([True, True, False]))
async def test_any_headers_and_body_are_stored_or_refused(
    public: Any,
    dial: Any,
    acceptance: Any,
    *,
    headers: dict[str, str],
    body: bytes,
    signed: bool,
) -> None:
    listener = await public(limits=WHOLE, max_body="1KiB")
    acceptance.bodies.clear()
    proof = [("X-Hub-Signature", signature(body, KEY))] if signed else []
    pairs = [*proof, *headers.items(), ("Connection", "close")]
    lines = [f"{name}: {value}" for name, value in pairs]
    head = ["POST /webhooks/snyk HTTP/1.1", "Host: a", f"Content-Length: {len(body)}", *lines]

    with capture_logs() as logged:
        told = await _told(dial, listener, "\r\n".join([*head, "", ""]).encode("latin-1") + body)

    (status,) = [each for each in _statuses(told) if each != HTTPStatus.CONTINUE]
    passes = signed and _passes(headers, body)
    assert status == HTTPStatus.OK if passes else status in REFUSALS
    assert acceptance.bodies == [body] * passes
    assert "unexpected" not in [line["event"] for line in logged]


@examples
@given(data=st.lists(st.sampled_from(PIECES) | st.binary(max_size=8), max_size=10))
async def test_any_bytes_are_answered_or_hung_up_on(
    public: Any, dial: Any, data: list[bytes]
) -> None:
    listener = await public(limits=SHORT, max_body="1KiB")

    with capture_logs() as logged:
        told = await _told(dial, listener, b"".join(data))

    statuses = _statuses(told)
    assert REFUSALS.union({100, 200}).issuperset(statuses)
    assert "unexpected" not in [line["event"] for line in logged]
    assert await _told(dial, listener, b"GET /healthz HTTP/1.0\r\n\r\n")
