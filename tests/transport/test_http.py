import asyncio
import contextlib
import ssl
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from ipaddress import ip_network

import pytest
import trustme
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from gateway.errors import Blocked, TransportError
from gateway.model.exchange import Request, Response
from gateway.model.secret import Concealed
from gateway.transport.guard import Rules
from gateway.transport.http import MAX_ANSWER, Http

SECRET = "a-secret-in-the-path"
Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]
Serve = Callable[..., Awaitable[TestServer]]


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    client = Http()
    yield client
    await client.close()


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Starts a real server on loopback that answers every path the same way."""
    servers: list[TestServer] = []

    async def start(answering: Answering, tls: ssl.SSLContext | None = None) -> TestServer:
        app = web.Application()
        app.router.add_route("*", "/{any:.*}", answering)
        server = TestServer(app, scheme="https" if tls else "http")
        await server.start_server(ssl=tls)
        servers.append(server)
        return server

    yield start
    for server in servers:
        await server.close()


def request(url: object, *, timeout: float = 10.0, method: str = "POST") -> Request:
    return Request(
        method=method,
        url=Concealed(str(url)),
        headers={"X-Made-Up": "1"},
        body=b'{"a":1}',
        timeout=timeout,
    )


async def noting(serve: Serve) -> tuple[TestServer, list[web.Request]]:
    """A server that takes everything, and what it has taken."""
    seen: list[web.Request] = []

    async def answering(incoming: web.Request) -> web.Response:
        seen.append(incoming)
        return web.Response()

    return await serve(answering), seen


async def failure(http: Http, sent: Request) -> TransportError:
    with pytest.raises(TransportError) as caught:
        await http.send(sent)
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(caught.value)
    return caught.value


async def test_the_bytes_go_out_as_they_are_and_the_answer_comes_back(
    http: Http, serve: Serve
) -> None:
    seen: list[tuple[str, str, bytes, dict[str, str]]] = []

    async def answering(incoming: web.Request) -> web.Response:
        body = await incoming.read()
        seen.append((incoming.method, incoming.path_qs, body, dict(incoming.headers)))
        return web.Response(status=202, text="ok", headers={"Retry-After": "5"})

    server = await serve(answering)

    response = await http.send(request(server.make_url("/a%2Fb?q=1%26"), method="PUT"))

    method, path, body, headers = seen[0]
    assert (method, path, body) == ("PUT", "/a%2Fb?q=1%26", b'{"a":1}')
    assert headers["User-Agent"].startswith("snyk-gateway/")
    assert headers["Accept-Encoding"] == "identity"
    assert headers["X-Made-Up"] == "1"
    assert (response.status, response.body) == (202, b"ok")
    assert response.headers["retry-after"] == "5"


async def test_redirects_are_not_followed_and_cookies_not_kept(http: Http, serve: Serve) -> None:
    cookies: list[str | None] = []

    async def answering(incoming: web.Request) -> web.Response:
        cookies.append(incoming.headers.get("Cookie"))
        headers = {"Location": "/elsewhere", "Set-Cookie": "a=b"}
        return web.Response(status=307, headers=headers)

    server = await serve(answering)

    statuses = [(await http.send(request(server.make_url("/")))).status for _ in range(2)]

    assert statuses == [307, 307]
    assert cookies == [None, None]


async def test_a_compressed_answer_stays_compressed(http: Http, serve: Serve) -> None:
    async def answering(_: web.Request) -> web.Response:
        return web.Response(body=b"not really gzip", headers={"Content-Encoding": "gzip"})

    server = await serve(answering)

    assert (await http.send(request(server.make_url("/")))).body == b"not really gzip"


async def test_an_endless_answer_is_read_up_to_its_limit(http: Http, serve: Serve) -> None:
    async def answering(incoming: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse()
        await stream.prepare(incoming)
        with contextlib.suppress(ConnectionError):
            while True:
                await stream.write(b"x" * 16_384)
        return stream

    server = await serve(answering)

    response = await http.send(request(server.make_url("/")))

    assert (response.status, len(response.body)) == (200, MAX_ANSWER)


@pytest.mark.parametrize("starts", [False, True])
async def test_a_slow_answer_is_an_ambiguous_timeout(
    http: Http, serve: Serve, *, starts: bool
) -> None:
    never = asyncio.Event()

    async def answering(incoming: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse()
        if starts:
            await stream.prepare(incoming)
            await stream.write(b"o")
        try:
            await never.wait()
        finally:
            never.set()
        return stream

    server = await serve(answering)

    error = await failure(http, request(server.make_url(f"/{SECRET}"), timeout=0.05))
    never.set()

    assert (error.reason, error.ambiguous) == ("timeout", True)


async def test_what_stood_still_until_its_time_was_over_is_not_sent(
    http: Http, serve: Serve
) -> None:
    server, seen = await noting(serve)
    sending = asyncio.create_task(failure(http, request(server.make_url("/"), timeout=0.2)))
    await asyncio.sleep(0)  # it connects

    time.sleep(0.5)  # noqa: ASYNC251 - the whole process stands still
    error = await sending
    await asyncio.sleep(0.1)

    assert (error.reason, error.ambiguous) == ("timeout", False)
    assert seen == []


async def test_what_stands_still_right_before_its_first_byte_is_not_sent_late(
    http: Http, serve: Serve
) -> None:
    server, seen = await noting(serve)
    await http.send(request(server.make_url("/")))  # from now on there is a connection
    sending = asyncio.create_task(http.send(request(server.make_url("/"), timeout=0.2)))
    await asyncio.sleep(0)  # it has a connection, and is about to write

    time.sleep(0.5)  # noqa: ASYNC251 - the whole process stands still
    (outcome,) = await asyncio.gather(sending, return_exceptions=True)
    await asyncio.sleep(0.1)

    # From Python 3.12 on the library writes in the same step, so that it was sent in time.
    in_time = sys.version_info >= (3, 12)
    assert (isinstance(outcome, Response), len(seen)) == ((True, 2) if in_time else (False, 1))
    assert in_time or (isinstance(outcome, TransportError) and not outcome.ambiguous)


async def test_a_reset_after_the_request_was_written_is_ambiguous(http: Http, serve: Serve) -> None:
    async def answering(incoming: web.Request) -> web.Response:
        assert incoming.transport
        incoming.transport.abort()
        return web.Response()

    server = await serve(answering)

    error = await failure(http, request(server.make_url(f"/{SECRET}")))

    assert (error.reason, error.ambiguous) == ("network", True)


async def test_an_answer_that_is_not_http_is_ambiguous(http: Http) -> None:
    async def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"SSH-2.0-made-up\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(answering, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        error = await failure(http, request(f"http://127.0.0.1:{port}/{SECRET}"))

    assert (error.reason, error.ambiguous) == ("network", True)


async def test_a_refused_connection_is_not_ambiguous(http: Http) -> None:
    error = await failure(http, request(f"http://127.0.0.1:{unused_port()}/{SECRET}"))

    assert (error.reason, error.ambiguous) == ("network", False)
    assert "refused" in str(error)


async def test_a_name_that_does_not_resolve_is_told_apart(http: Http) -> None:
    error = await failure(http, request(f"http://nowhere.invalid/{SECRET}"))

    assert (error.reason, error.ambiguous) == ("dns", False)


@pytest.mark.parametrize(
    "url", [f"{SECRET}", f"http:///{SECRET}", f"http://x:99999/{SECRET}", "http://2852039166/"]
)
async def test_what_is_no_url_is_a_transport_error(http: Http, url: str) -> None:
    error = await failure(http, request(url))

    assert (error.reason, error.ambiguous) == ("network", False)


async def test_a_header_that_would_break_the_request_is_not_sent(http: Http) -> None:
    sent = Request(
        method="POST",
        url=Concealed(f"http://127.0.0.1:{unused_port()}/"),
        headers={"X": f"{SECRET}\r\nY: 1"},
    )

    error = await failure(http, sent)

    assert not error.ambiguous


async def test_an_unknown_certificate_is_a_tls_failure(http: Http, serve: Serve) -> None:
    async def answering(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    authority = trustme.CA()
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(theirs)
    ours = ssl.create_default_context()
    authority.configure_trust(ours)
    server = await serve(answering, theirs)
    trusting = Http(tls=ours)

    error = await failure(http, request(server.make_url(f"/{SECRET}")))
    response = await trusting.send(request(server.make_url("/")))
    await trusting.close()

    assert (error.reason, error.ambiguous) == ("tls", False)
    assert response.body == b"ok"


async def test_plain_http_behind_https_is_a_tls_failure(http: Http, serve: Serve) -> None:
    async def answering(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    server = await serve(answering)

    error = await failure(http, request(f"https://127.0.0.1:{server.port}/{SECRET}"))

    assert error.reason == "tls"


@pytest.mark.parametrize(
    "host",
    ["169.254.169.254", "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "0xa9.0xfe.169.254",
     "0xa9fea9fe", "[fe80::1]", "100.100.100.200"],
)  # fmt: skip
async def test_metadata_addresses_are_blocked_in_every_spelling(host: str) -> None:
    client = Http(Rules(allow=[ip_network("0.0.0.0/0"), ip_network("::/0")]))

    error = await failure(client, request(f"http://{host}/{SECRET}"))
    await client.close()

    assert isinstance(error, Blocked)
    assert (error.reason, error.ambiguous) == ("blocked", False)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:7f00:1]", "0x7f.1", "0.0.0.0"])
async def test_denied_addresses_are_blocked_after_resolution(host: str) -> None:
    client = Http(Rules(deny=[ip_network("127.0.0.0/8"), ip_network("::1/128")]))

    error = await failure(client, request(f"http://{host}:{unused_port()}/{SECRET}"))
    await client.close()

    assert isinstance(error, Blocked)


async def test_allow_wins_over_deny(serve: Serve) -> None:
    async def answering(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    server = await serve(answering)
    client = Http(Rules(deny=[ip_network("0.0.0.0/0")], allow=[ip_network("127.0.0.1/32")]))

    response = await client.send(request(f"http://127.0.0.1:{server.port}/"))
    await client.close()

    assert response.body == b"ok"


async def test_closing_twice_is_nothing_special() -> None:
    client = Http()

    await client.close()
    await client.close()
