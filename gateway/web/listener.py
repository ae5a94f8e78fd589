"""An address, the application behind it, and how both end."""

import asyncio
import os
from pathlib import Path

from aiohttp import web

from gateway.errors import CannotStart
from gateway.web.certificate import Certificate
from gateway.web.connection import Connection
from gateway.web.limits import Limits

# Connections that the kernel keeps while the loop is busy: a burst must not be refused.
_BACKLOG = 1024
# Seconds for what is still there when the grace is over.
_LAST_SECONDS = 0.5


class Listener:
    """Serves one application on one address."""

    def __init__(
        self,
        app: web.Application,
        listen: tuple[str, int],
        *,
        tls: tuple[Path, Path] | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._runner = web.AppRunner(app)
        self._host, self._port = listen
        self._tls = tls
        self._limits = limits or Limits()
        self._certificate: Certificate | None = None
        self._sockets: asyncio.Server | None = None
        self._server: web.Server | None = None
        self._connections: set[Connection] = set()
        self._running = 0
        self._stopping = False
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def port(self) -> int:
        """The port that it listens on, also where the settings said 0."""
        if self._sockets is not None and self._sockets.sockets:
            return int(self._sockets.sockets[0].getsockname()[1])
        return self._port

    async def start(self) -> None:
        """Listens; raises CannotStart where the address or the certificate is no good."""
        if self._tls is not None:
            self._certificate = Certificate(*self._tls)
        await self._runner.setup()
        server = self._runner.server
        if server is None:  # aiohttp makes one in setup()
            raise CannotStart
        self._handle, server.request_handler = server.request_handler, self._serve
        self._server = server
        try:
            await self._open(server)
        except OSError as error:
            await self._runner.cleanup()
            words = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
            raise CannotStart(f"cannot listen on {self._host}:{self._port}: {words}") from None

    async def stop_accepting(self) -> None:
        """Takes no new connection; requests on open ones are the last of their connection."""
        self._stopping = True
        if self._sockets is not None:
            self._sockets.close()

    async def stop(self, grace: float) -> None:
        """Ends after the requests that have begun, or after that many seconds without them."""
        await self.stop_accepting()
        try:
            async with asyncio.timeout(grace):
                await self._idle.wait()
        except TimeoutError:
            pass
        if self._server is not None:
            self._server.pre_shutdown()
            await self._server.shutdown(_LAST_SECONDS)
        await self._runner.cleanup()

    async def reload_certificate(self) -> None:
        """Looks at the certificate's files and serves what they hold now."""
        if self._certificate is not None:
            self._certificate.reload()

    async def _open(self, server: web.Server) -> None:
        loop = asyncio.get_running_loop()
        self._sockets = await loop.create_server(
            lambda: Connection(server, loop=loop, limits=self._limits, peers=self._connections),
            self._host,
            self._port,
            ssl=self._certificate.context if self._certificate else None,
            ssl_handshake_timeout=self._limits.head_seconds if self._certificate else None,
            backlog=_BACKLOG,
        )

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """Counts what runs, so that an ending waits for it (aiohttp would drop its body)."""
        connection = request.protocol
        self._running += 1
        self._idle.clear()
        if isinstance(connection, Connection):
            connection.head_came()
        try:
            response = await self._handle(request)
        finally:
            self._running -= 1
            if not self._running:
                self._idle.set()
            if isinstance(connection, Connection):
                connection.head_awaited()
        # After a body that was refused unread, nothing that follows can be told apart from it.
        if self._stopping or not request.content.is_eof():
            response.force_close()
        return response
