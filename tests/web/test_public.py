import asyncio
import json
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.errors import StoreFull, Unavailable
from gateway.metrics import Metrics
from gateway.sources.signature import signature
from gateway.web.limits import Limits
from gateway.web.public import QUIET_SECONDS

KEY = b"a made-up secret, long enough"  # as in conftest.py
BODY = b'{"project": {"id": "p-1"}}'
BEHIND_A_PROXY = {"allow_from": ["192.0.2.0/24"], "trusted_proxies": ["127.0.0.1/32"]}
WRONG = f"X-Hub-Signature: sha256={'0' * 64}"
UNFIT_SIGNATURES = {
    "missing": ("X-Hub-Signature:",),
    "of another kind": (f"X-Hub-Signature: sha1={'0' * 40}",),
    "without its kind": (f"X-Hub-Signature: {'0' * 64}",),
    "in upper case": (f"X-Hub-Signature: sha256={'A' * 64}",),
    "too short": (f"X-Hub-Signature: sha256={'0' * 63}",),
    "too long": (f"X-Hub-Signature: sha256={'0' * 65}",),
    "not ASCII": (f"X-Hub-Signature: sha256={'é' * 64}",),
    "doubled": (WRONG, WRONG),
}


def post(body: bytes, *lines: str, path: str = "/webhooks/snyk", length: bool = True) -> bytes:
    """The bytes of a webhook; a signature among the header lines replaces the correct one."""
    head = [f"POST {path} HTTP/1.1", "Host: gateway.example"]
    head += [f"Content-Length: {len(body)}"] if length else []
    if not any(line.startswith("X-Hub-Signature") for line in lines):
        head.append(f"X-Hub-Signature: {signature(body, KEY)}")
    given = [line for line in lines if line.partition(": ")[2]]
    return "\r\n".join([*head, *given, "", ""]).encode() + body


async def ask(dial: Any, listener: Any, data: bytes) -> tuple[int, dict[str, str], bytes]:
    wire = await dial(listener.port)
    await wire.send(data)
    answer: tuple[int, dict[str, str], bytes] = await wire.answer()
    return answer


@pytest.mark.parametrize("status", ["accepted", "duplicate", "unreadable"])
async def test_a_signed_body_is_answered_with_its_event(
    public: Any, dial: Any, acceptance: Any, status: str
) -> None:
    acceptance.answer.status = status

    code, headers, body = await ask(dial, await public(), post(BODY))

    assert (code, json.loads(body)) == (200, {"event": "evt_1", "status": status})
    assert headers["content-type"].startswith("application/json")
    assert acceptance.bodies == [BODY]


async def test_nothing_is_answered_before_the_commit(
    public: Any, dial: Any, acceptance: Any
) -> None:
    acceptance.gate.clear()
    wire = await dial((await public()).port)
    await wire.send(post(BODY))
    await acceptance.entered.wait()

    answer = asyncio.create_task(wire.answer())
    await asyncio.sleep(0)
    assert not answer.done()

    acceptance.gate.set()
    assert (await answer)[0] == 200


@pytest.mark.parametrize("path", ["/webhooks/snyk/new", "/webhooks/snyk/", "/webhooks/snyk/a/b"])
async def test_a_source_has_further_addresses(public: Any, dial: Any, path: str) -> None:
    assert (await ask(dial, await public(), post(BODY, path=path)))[0] == 200


async def test_a_chunked_body_is_put_together(public: Any, dial: Any, acceptance: Any) -> None:
    head = post(BODY, "Transfer-Encoding: chunked", length=False)[: -len(BODY)]
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in BODY) + b"0\r\n\r\n"

    assert (await ask(dial, await public(), head + chunks))[0] == 200
    assert acceptance.bodies == [BODY]


async def test_an_offer_of_http_2_does_not_swallow_the_body(public: Any, dial: Any) -> None:
    """Java's client offers it with every request in the clear."""
    offer = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk")

    assert (await ask(dial, await public(), post(BODY, *offer)))[0] == 200


async def test_a_connection_serves_one_webhook_after_another(public: Any, dial: Any) -> None:
    wire = await dial((await public()).port)

    for _ in range(3):
        await wire.send(post(BODY))
        assert (await wire.answer())[0] == 200


async def test_the_time_to_accept_is_measured(public: Any, dial: Any, metrics: Metrics) -> None:
    await ask(dial, await public(), post(BODY))

    assert metrics.registry.get_sample_value("gateway_accept_seconds_count") == 1


async def test_no_answer_names_the_software(public: Any, dial: Any) -> None:
    listener = await public()

    for data in (
        post(BODY),
        post(BODY, WRONG),
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"nonsense\r\n\r\n",
    ):
        _, headers, _ = await ask(dial, listener, data)
        assert "server" not in headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("lines", UNFIT_SIGNATURES.values(), ids=UNFIT_SIGNATURES.keys())
async def test_an_unfit_signature_is_401_before_the_body_is_sent(
    public: Any, dial: Any, lines: tuple[str, ...], acceptance: Any
) -> None:
    head = post(b"", *lines).replace(b"Content-Length: 0", b"Content-Length: 1000")

    code, headers, _ = await ask(dial, await public(), head)

    assert (code, acceptance.bodies) == (401, [])
    assert headers["content-type"].startswith("application/problem+json")


async def test_a_wrong_and_a_missing_signature_are_answered_alike(public: Any, dial: Any) -> None:
    listener = await public()

    wrong = await ask(dial, listener, post(BODY, WRONG))
    missing = await ask(dial, listener, post(BODY, "X-Hub-Signature:"))

    assert wrong[0] == missing[0] == 401
    assert wrong[2] == missing[2]


async def test_refused_signatures_are_all_counted_and_logged_once_a_minute(
    public: Any, dial: Any, metrics: Metrics, clock: Any
) -> None:
    listener = await public()

    with capture_logs() as lines:
        for seconds in (0, 1, QUIET_SECONDS - 1, QUIET_SECONDS, QUIET_SECONDS + 1):
            clock.seconds = seconds
            await ask(dial, listener, post(BODY, WRONG))

    assert [line["event"] for line in lines] == ["signature refused"] * 2
    failures = metrics.registry.get_sample_value(
        "gateway_signature_failures_total", {"source": "snyk"}
    )
    assert failures == 5


async def test_an_unknown_source_is_404(public: Any, dial: Any) -> None:
    assert (await ask(dial, await public(), post(BODY, path="/webhooks/other")))[0] == 404


@pytest.mark.parametrize("path", ["/", "/metrics", "/api/v1/events", "/webhooks", "/static/a.css"])
async def test_nothing_else_is_on_the_public_side(public: Any, dial: Any, path: str) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode()

    code, _, body = await ask(dial, await public(), request)

    assert (code, json.loads(body)["status"]) == (404, 404)


async def test_another_method_is_405_and_says_which_one_is_right(public: Any, dial: Any) -> None:
    request = b"GET /webhooks/snyk HTTP/1.1\r\nHost: a\r\n\r\n"

    code, headers, _ = await ask(dial, await public(), request)

    assert (code, headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip"])
async def test_a_compressed_body_is_415(public: Any, dial: Any, encoding: str) -> None:
    data = post(BODY, f"Content-Encoding: {encoding}")

    assert (await ask(dial, await public(), data))[0] == 415


async def test_the_encoding_identity_is_none(public: Any, dial: Any) -> None:
    assert (await ask(dial, await public(), post(BODY, "Content-Encoding: Identity")))[0] == 200


async def test_an_announced_body_over_the_limit_is_413_before_it_is_sent(
    public: Any, dial: Any
) -> None:
    head = post(b"").replace(b"Content-Length: 0", b"Content-Length: 1025")

    assert (await ask(dial, await public(max_body="1KiB"), head))[0] == 413


async def test_a_body_of_exactly_the_limit_passes(public: Any, dial: Any) -> None:
    assert (await ask(dial, await public(max_body="1KiB"), post(b"x" * 1024)))[0] == 200


async def test_a_chunked_body_over_the_limit_is_413_and_never_cut(
    public: Any, dial: Any, acceptance: Any
) -> None:
    head = post(b"", "Transfer-Encoding: chunked", length=False)
    wire = await dial((await public(max_body="1KiB")).port)

    await wire.send(head + b"401\r\n" + b"x" * 1025 + b"\r\n")

    assert (await wire.answer())[0] == 413
    assert acceptance.bodies == []


async def test_bodies_in_memory_have_a_limit_and_give_it_back(
    public: Any, dial: Any, acceptance: Any
) -> None:
    acceptance.gate.clear()
    listener = await public(max_inflight="1KiB", max_body="1KiB")
    first = await dial(listener.port)
    await first.send(post(b"x" * 1000))
    await acceptance.entered.wait()

    code, headers, _ = await ask(dial, listener, post(b"x" * 100))
    assert (code, headers["retry-after"]) == (503, "5")

    acceptance.gate.set()
    assert (await first.answer())[0] == 200
    assert (await ask(dial, listener, post(b"x" * 1000)))[0] == 200


async def test_a_chunked_body_is_503_when_memory_ends_under_way(public: Any, dial: Any) -> None:
    head = post(b"", "Transfer-Encoding: chunked", length=False)
    wire = await dial((await public(max_inflight="1KiB")).port)

    await wire.send(head + b"401\r\n" + b"x" * 1025 + b"\r\n")

    assert (await wire.answer())[0] == 503


async def test_announcing_much_and_sending_nothing_locks_nobody_out(public: Any, dial: Any) -> None:
    listener = await public(max_inflight="1KiB", max_body="1KiB")
    idle = await dial(listener.port)
    await idle.send(post(b"").replace(b"Content-Length: 0", b"Content-Length: 1024"))

    assert (await ask(dial, listener, post(b"x" * 1000)))[0] == 200


async def test_a_slow_body_is_408(public: Any, dial: Any) -> None:
    listener = await public(limits=Limits(body_seconds=0.05, linger_seconds=0))

    code, headers, _ = await ask(dial, listener, post(BODY)[:-1])

    assert (code, headers["connection"]) == (408, "close")


@pytest.mark.parametrize("error", [Unavailable(), StoreFull()])
async def test_a_store_that_cannot_commit_is_503(
    public: Any, dial: Any, acceptance: Any, error: Unavailable
) -> None:
    acceptance.error = error

    code, headers, _ = await ask(dial, await public(), post(BODY))

    assert (code, headers["retry-after"]) == (503, "5")


async def test_a_bug_is_500_logged_and_tells_nothing(
    public: Any, dial: Any, acceptance: Any
) -> None:
    acceptance.error = RuntimeError("the password is hunter2")

    with capture_logs() as lines:
        code, _, body = await ask(dial, await public(), post(BODY))

    assert code == 500
    assert b"hunter2" not in body
    assert [line["event"] for line in lines] == ["unexpected"]


async def test_a_client_that_hangs_up_within_its_body_is_no_error(
    public: Any, dial: Any, acceptance: Any
) -> None:
    listener = await public()

    with capture_logs() as lines:
        wire = await dial(listener.port)
        await wire.send(post(BODY)[:-1])
        wire.writer.close()
        await ask(dial, listener, post(BODY))

    assert lines == []
    assert acceptance.bodies == [BODY]


async def test_a_webhook_whose_client_hangs_up_after_its_body_is_stored(
    public: Any, dial: Any, acceptance: Any
) -> None:
    acceptance.gate.clear()
    wire = await dial((await public()).port)
    await wire.send(post(BODY))
    await acceptance.entered.wait()
    wire.writer.close()
    acceptance.gate.set()

    await acceptance.done.wait()

    assert acceptance.bodies == [BODY]


async def test_a_broken_chunk_is_400(public: Any, dial: Any) -> None:
    head = post(b"", "Transfer-Encoding: chunked", length=False)

    assert (await ask(dial, await public(), head + b"zz\r\nnonsense\r\n"))[0] == 400


async def test_who_will_be_refused_is_not_asked_for_the_body(public: Any, dial: Any) -> None:
    listener = await public()
    refused = post(BODY, "Expect: 100-continue", "X-Hub-Signature:")[: -len(BODY)]
    welcome = post(BODY, "Expect: 100-continue")[: -len(BODY)]

    assert (await ask(dial, listener, refused))[0] == 401

    wire = await dial(listener.port)
    await wire.send(welcome)
    assert (await wire.answer())[0] == 100
    await wire.send(BODY)
    assert (await wire.answer())[0] == 200


@pytest.mark.parametrize(
    ("settings", "forwarded", "code"),
    [
        ({"allow_from": ["127.0.0.0/8"]}, "", 200),
        ({"allow_from": ["192.0.2.0/24"]}, "", 403),
        ({"allow_from": ["192.0.2.0/24"]}, "192.0.2.7", 403),
        (BEHIND_A_PROXY, "192.0.2.7", 200),
        (BEHIND_A_PROXY, "192.0.2.7, 203.0.113.9", 403),
        (BEHIND_A_PROXY, "nonsense", 403),
        (BEHIND_A_PROXY, "", 403),
    ],
)
async def test_only_allowed_addresses_get_in(
    public: Any, dial: Any, settings: dict[str, Any], forwarded: str, code: int
) -> None:
    listener = await public(**settings)

    assert (await ask(dial, listener, post(BODY, f"X-Forwarded-For: {forwarded}")))[0] == code


async def test_who_is_not_allowed_learns_nothing_of_sources(public: Any, dial: Any) -> None:
    listener = await public(allow_from=["192.0.2.0/24"])

    assert (await ask(dial, listener, post(BODY, path="/webhooks/other")))[0] == 403


@pytest.mark.parametrize("allow", [[], ["192.0.2.0/24"]])
async def test_health_is_open(public: Any, dial: Any, readiness: Any, allow: list[str]) -> None:
    listener = await public(allow_from=allow)

    assert (await ask(dial, listener, b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"))[0] == 200
    code, _, body = await ask(dial, listener, b"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n")
    assert (code, json.loads(body)) == (200, readiness.parts)

    readiness.parts["store"] = False
    code, _, body = await ask(dial, listener, b"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n")
    assert (code, json.loads(body)) == (503, {"store": False, "configuration": True})
