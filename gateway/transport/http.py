"""The HTTP client that sinks are reached by: no redirects, no cookies, no environment."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from types import SimpleNamespace
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractStreamWriter

from gateway import __version__
from gateway.errors import Blocked, TransportError
from gateway.model.exchange import Request, Response
from gateway.transport.guard import Denied, Rules, guarded
from gateway.transport.patience import Until, patience
from gateway.transport.tls import Contexts
from gateway.transport.words import system_words, tls_words

MAX_ANSWER = 64 * 1024
"""Bytes of an answer that are read; then the connection is dropped."""

# Shorter than the five seconds after which many servers close a connection that idles: a request
# on one that is being closed would be an ambiguous failure.
_IDLE = 4.0
_HEADERS = {
    "User-Agent": f"snyk-gateway/{__version__}",
    # Answers are never decompressed, so none should be compressed.
    "Accept-Encoding": "identity",
}


@dataclass(slots=True)
class Progress:
    """How far one request has come."""

    until: Until
    written: bool = False
    """Whether the other side may have acted on it."""

    def begin(self) -> None:
        """Is called before the first byte leaves; raises TimeoutError where it is too late."""
        self.until.check()
        self.written = True


class Body(aiohttp.BytesPayload):
    """A body that looks at the time right before it is written, and the head with it."""

    def __init__(self, body: bytes, begin: Callable[[], None]) -> None:
        super().__init__(body)
        self._begin = begin

    async def write_with_length(
        self, writer: AbstractStreamWriter, content_length: int | None
    ) -> None:
        """Writes so many bytes of it, all of them without a number."""
        self._begin()
        await super().write_with_length(writer, content_length)


class Http:
    """Sends requests to addresses that the egress rules allow."""

    def __init__(
        self,
        rules: Rules | None = None,
        *,
        connect_timeout: float = 10.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """The client; `rules` may change at any time."""
        self._rules = rules or Rules()
        self._factory = guarded(self._rules)
        self._connect_timeout = connect_timeout
        self._tls = tls
        self._contexts = Contexts()
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: Request) -> Response:
        """The answer, its body cut at 64 KiB; raises TransportError when none came whole."""
        progress = Progress(Until(request.timeout))
        try:
            async with patience(request.timeout):
                return await self._exchange(request, progress)
        except Denied as error:
            raise Blocked(str(error)) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # The library's own text holds the URL, so it goes no further.
            raise translated(error, written=progress.written) from None

    async def close(self) -> None:
        """Closes every connection."""
        if self._session:
            await self._session.close()
            self._session = None

    async def _exchange(self, request: Request, progress: Progress) -> Response:
        proxy = request.proxy.reveal() if request.proxy else None
        if proxy:
            await self._check(request.url.reveal())
        timeout = aiohttp.ClientTimeout(sock_connect=self._connect_timeout)
        async with self._opened().request(
            request.method,
            request.url.reveal(),
            headers={**_HEADERS, **request.headers},
            data=Body(request.body, progress.begin) if request.body else None,
            allow_redirects=False,
            timeout=timeout,
            proxy=proxy,
            ssl=self._contexts.of(request.tls) if request.tls else True,
            trace_request_ctx=None if request.body else progress,
        ) as answer:
            if proxy and answer.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
                raise TransportError("network", "the proxy refuses: it answered 407")
            body = await _beginning(answer)
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Response(status=answer.status, headers=headers, body=body)

    async def _check(self, url: str) -> None:
        """Raises Denied where the name leads to an address that may not be reached.

        The connector sees the address of the proxy alone. A name that only the proxy can resolve is
        its to judge.
        """
        try:
            found = await asyncio.get_running_loop().getaddrinfo(urlsplit(url).hostname, None)
        except socket.gaierror:
            return
        for *_, address in found:
            self._rules.check(str(address[0]))

    def _opened(self) -> aiohttp.ClientSession:
        """The session, made at first use: it wants a running loop."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    ssl=self._tls or True,
                    socket_factory=self._factory,
                    # Each sink bounds its own concurrency; one that hangs must not starve others.
                    limit=0,
                    keepalive_timeout=_IDLE,
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                trace_configs=[_tracing()],
            )
        return self._session


async def _beginning(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_any():
        body += chunk
        if len(body) >= MAX_ANSWER:
            answer.close()
            break
    return bytes(body[:MAX_ANSWER])


def _tracing() -> aiohttp.TraceConfig:
    """Begins requests without a body, which have nothing else to tell when they are written."""

    async def about_to_write(
        _session: aiohttp.ClientSession,
        context: SimpleNamespace,
        _headers: aiohttp.TraceRequestHeadersSentParams,
    ) -> None:
        progress: Progress | None = context.trace_request_ctx
        if progress:
            progress.begin()

    tracing = aiohttp.TraceConfig()
    # Despite its name it comes before the first byte has left.
    tracing.on_request_headers_sent.append(about_to_write)
    return tracing


def translated(error: Exception, *, written: bool) -> TransportError:
    """What a failure of the library means, without the URL."""
    match error:
        case aiohttp.ClientSSLError() | ssl.SSLError():
            return TransportError("tls", tls_words(error), ambiguous=written)
        case aiohttp.ClientConnectorError():
            return _unconnected(error)
        case aiohttp.InvalidURL():
            return TransportError("network", "not a URL that can be called")
        case TimeoutError():
            text = "no answer in time" if written else "no connection in time"
            return TransportError("timeout", text, ambiguous=written)
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return TransportError("network", f"the proxy refuses: it answered {error.status}")
    text = f"the connection broke: {system_words(error)}"
    return TransportError("network", text, ambiguous=written)


def _unconnected(error: aiohttp.ClientConnectorError) -> TransportError:
    to = "the proxy: " if isinstance(error, aiohttp.ClientProxyConnectionError) else ""
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return TransportError("dns", f"{to}the host's name cannot be resolved")
    if isinstance(error.os_error, Denied):
        return Blocked(f"{to}{error.os_error}")
    return TransportError("network", f"{to}cannot connect: {system_words(error.os_error)}")
