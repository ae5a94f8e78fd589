"""A real proxy on loopback, between the client and a real server."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from ipaddress import ip_network

import pytest
import trustme
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from gateway.errors import Blocked, TransportError
from gateway.model.exchange import Request
from gateway.model.secret import Concealed
from gateway.transport.guard import Rules
from gateway.transport.http import Http

PASSWORD = "a-secret-of-the-proxy"


@dataclass(slots=True)
class Proxy:
    """Hands on whatever comes to the port it is told, and remembers the first line."""

    to: int = 0
    answer: bytes = b""
    """Where it is set, it is all that anybody gets."""
    url: str = ""
    lines: list[str] = field(default_factory=list)
    authorization: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.lines.append(head.split(b"\r\n")[0].decode())
        for line in head.decode().splitlines():
            if line.lower().startswith("proxy-authorization:"):
                self.authorization.append(line.partition(": ")[2])
        if self.answer:
            writer.write(self.answer)
        else:
            inner, outer = await asyncio.open_connection("127.0.0.1", self.to)
            if head.startswith(b"CONNECT"):
                writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            else:
                outer.write(head)
            await asyncio.gather(pump(reader, outer), pump(inner, writer))
        writer.close()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
    writer.close()


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    proxy = Proxy()
    async with await asyncio.start_server(proxy.serve, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        proxy.url = f"http://user:{PASSWORD}@127.0.0.1:{port}"
        yield proxy


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    client = Http()
    yield client
    await client.close()


def through(proxy: Proxy, url: str) -> Request:
    return Request(method="POST", url=Concealed(url), body=b"x", proxy=Concealed(proxy.url))


async def ok(_: web.Request) -> web.Response:
    return web.Response(text="ok")


async def server(tls: ssl.SSLContext | None = None) -> TestServer:
    app = web.Application()
    app.router.add_post("/", ok)
    server = TestServer(app, scheme="https" if tls else "http")
    await server.start_server(ssl=tls)
    return server


async def failure(http: Http, request: Request) -> TransportError:
    with pytest.raises(TransportError) as caught:
        await http.send(request)
    assert PASSWORD not in str(caught.value)
    return caught.value


async def test_plain_requests_go_to_the_proxy_whole(http: Http, proxy: Proxy) -> None:
    beyond = await server()
    proxy.to = beyond.port or 0

    response = await http.send(through(proxy, f"http://127.0.0.1:{proxy.to}/"))
    await http.close()
    await beyond.close()

    assert response.body == b"ok"
    assert proxy.lines == [f"POST http://127.0.0.1:{proxy.to}/ HTTP/1.1"]
    told = base64.b64decode(proxy.authorization[0].removeprefix("Basic ")).decode()
    assert told == f"user:{PASSWORD}"


async def test_encrypted_requests_go_through_a_tunnel(proxy: Proxy) -> None:
    authority = trustme.CA()
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(theirs)
    ours = ssl.create_default_context()
    authority.configure_trust(ours)
    beyond = await server(theirs)
    proxy.to = beyond.port or 0
    http = Http(tls=ours)

    response = await http.send(through(proxy, f"https://127.0.0.1:{proxy.to}/"))
    await http.close()
    await beyond.close()

    assert response.body == b"ok"
    assert proxy.lines == [f"CONNECT 127.0.0.1:{proxy.to} HTTP/1.1"]


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    "host", ["169.254.169.254", "[::ffff:169.254.169.254]", "0xa9.0xfe.169.254", "10.1.2.3"]
)
async def test_the_proxy_is_not_asked_for_what_may_not_be_reached(
    proxy: Proxy, host: str, scheme: str
) -> None:
    http = Http(Rules(deny=[ip_network("10.0.0.0/8")]))

    error = await failure(http, through(proxy, f"{scheme}://{host}/"))
    await http.close()

    assert isinstance(error, Blocked)
    assert proxy.lines == []


async def test_a_proxy_that_may_not_be_reached_is_blocked(proxy: Proxy) -> None:
    http = Http(Rules(deny=[ip_network("127.0.0.0/8")]))

    error = await failure(http, through(proxy, "http://192.0.2.1/"))
    await http.close()

    assert isinstance(error, Blocked)
    assert str(error) == "the proxy: the egress rules refuse the host's address"


async def test_a_name_that_only_the_proxy_knows_is_left_to_it(http: Http, proxy: Proxy) -> None:
    proxy.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    response = await http.send(through(proxy, "http://nowhere.invalid/"))

    assert response.body == b"ok"


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxy_that_refuses_says_so(http: Http, proxy: Proxy, scheme: str) -> None:
    proxy.answer = b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n"

    error = await failure(http, through(proxy, f"{scheme}://192.0.2.1/"))

    assert (error.reason, error.ambiguous) == ("network", False)
    assert str(error) == "the proxy refuses: it answered 407"


async def test_a_proxy_that_is_away_says_so(http: Http) -> None:
    away = Proxy(url=f"http://127.0.0.1:{unused_port()}")

    error = await failure(http, through(away, "http://192.0.2.1/"))

    assert (error.reason, error.ambiguous) == ("network", False)
    assert str(error) == "the proxy: cannot connect: connection refused"
