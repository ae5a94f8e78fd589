import asyncio
from typing import Any

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from gateway.web.answer import finish, problems
from gateway.web.limits import Limits

HURRIED = Limits(head_seconds=0.2, linger_seconds=0)


def echo(gate: asyncio.Event | None = None) -> web.Application:
    async def handle(request: web.Request) -> web.Response:
        if gate is not None:
            await gate.wait()
        return web.Response(body=await request.read())

    app = web.Application(middlewares=[problems])
    app.on_response_prepare.append(finish)
    app.router.add_route("*", "/", handle)
    return app


async def test_a_head_that_is_never_finished_is_408(listen: Any, dial: Any) -> None:
    wire = await dial((await listen(echo(), limits=HURRIED)).port)
    await wire.send(b"POST / HTTP/1.1\r\nHost: a\r\nX-Slow: ")

    code, headers, _ = await wire.answer()

    assert (code, headers["connection"]) == (408, "close")
    assert "server" not in headers
    assert await wire.ends() == b""


async def test_a_client_that_says_nothing_is_closed_without_a_word(listen: Any, dial: Any) -> None:
    wire = await dial((await listen(echo(), limits=HURRIED)).port)

    assert await wire.ends() == b""


async def test_the_head_of_a_later_request_has_the_same_time(listen: Any, dial: Any) -> None:
    wire = await dial((await listen(echo(), limits=HURRIED)).port)
    await wire.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert (await wire.answer())[0] == 200

    await wire.send(b"GET / HT")

    assert (await wire.answer())[0] == 408


async def test_a_request_at_work_has_no_head_to_be_late_with(listen: Any, dial: Any) -> None:
    gate = asyncio.Event()
    listener = await listen(echo(gate), limits=HURRIED)
    working = await dial(listener.port)
    silent = await dial(listener.port)
    await working.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")

    await silent.ends()
    gate.set()

    assert (await working.answer())[0] == 200


async def test_an_idle_connection_is_kept_longer_than_a_head_may_take(
    listen: Any, dial: Any
) -> None:
    listener = await listen(echo(), limits=HURRIED)
    kept = await dial(listener.port)
    await kept.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    await kept.answer()

    await (await dial(listener.port)).ends()
    await kept.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")

    assert (await kept.answer())[0] == 200


async def test_an_idle_connection_is_closed_in_the_end(listen: Any, dial: Any) -> None:
    wire = await dial((await listen(echo(), limits=Limits(idle_seconds=0.2))).port)
    await wire.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    await wire.answer()

    assert await wire.ends() == b""


@pytest.mark.parametrize(
    "data",
    [
        b"nonsense\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01",
        b"GET / HTTP/1.1\r\nHost: a\r\nX-Long: " + b"x" * 9000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % each for each in range(65)) + b"\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    ],
    ids=["nonsense", "TLS", "long header", "many headers", "length", "two framings", "two lengths"],
)
async def test_what_is_no_request_is_a_400_of_our_own(listen: Any, dial: Any, data: bytes) -> None:
    wire = await dial((await listen(echo())).port)

    with capture_logs() as lines:
        await wire.send(data)
        code, headers, body = await wire.answer()

    assert code == 400
    assert headers["content-type"] == "application/problem+json"
    assert "server" not in headers
    assert b"nonsense" not in body
    assert lines == []


async def test_too_many_connections_are_told_to_come_back(listen: Any, dial: Any) -> None:
    listener = await listen(echo(), limits=Limits(connections=1))
    first = await dial(listener.port)
    await first.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    await first.answer()

    code, headers, _ = await (await dial(listener.port)).answer()

    assert (code, headers["retry-after"]) == (503, "5")


async def test_a_closed_connection_makes_room(listen: Any, dial: Any) -> None:
    listener = await listen(echo(), limits=Limits(connections=1))
    first = await dial(listener.port)
    await first.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    await first.answer()
    await first.ends()

    second = await dial(listener.port)
    await second.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")

    assert (await second.answer())[0] == 200


async def test_after_a_body_that_nobody_read_the_connection_ends(listen: Any, dial: Any) -> None:
    """What follows could be the rest of the body or a smuggled request."""
    wire = await dial((await listen(echo(), limits=HURRIED)).port)

    await wire.send(b"POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\nGET / ")

    assert (await wire.answer())[0] == 404
    assert await wire.ends() == b""
