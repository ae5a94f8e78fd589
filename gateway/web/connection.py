"""One client's connection: aiohttp's, with a time limit on the head of each request."""

import asyncio
from http import HTTPStatus
from typing import cast

from aiohttp import web

from gateway import logs
from gateway.web.answer import last_words
from gateway.web.limits import Limits

# Bytes of a body that wait for their reader; twice as many stop the socket.
_READ_BYTES = 64 * 1024


class Connection(web.RequestHandler):
    """Closes when a head takes too long, with a 408 if it had begun (aiohttp has no such limit)."""

    __slots__ = ("_begun", "_busy", "_limits", "_peers", "_timer")

    def __init__(
        self,
        server: web.Server,
        *,
        loop: asyncio.AbstractEventLoop,
        limits: Limits,
        peers: set["Connection"],
    ) -> None:
        super().__init__(
            server,
            loop=loop,
            access_log=None,  # type: ignore[arg-type]  # documented: None turns it off
            keepalive_timeout=limits.idle_seconds,
            lingering_time=limits.linger_seconds,
            max_line_size=limits.header_bytes,
            max_field_size=limits.header_bytes,
            max_headers=limits.headers,
            read_bufsize=_READ_BYTES,
            auto_decompress=False,
        )
        self._limits = limits
        self._peers = peers
        self._timer: asyncio.TimerHandle | None = None
        self._begun = False
        self._busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begins, unless there are too many already."""
        if len(self._peers) >= self._limits.connections:
            crowded = cast("asyncio.Transport", transport)
            crowded.write(last_words(503))
            crowded.close()
            return
        self._peers.add(self)
        super().connection_made(transport)
        self._start_timer()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Ends."""
        self._stop_timer()
        self._peers.discard(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Takes bytes; the first ones of a later request start its time."""
        if not self._busy:
            self._begun = True
            if self._timer is None:
                self._start_timer()
        super().data_received(data)

    def head_came(self) -> None:
        """A request is being answered: its head is whole."""
        self._busy = True
        self._stop_timer()

    def head_awaited(self) -> None:
        """The request was answered: the next one may begin whenever it likes."""
        self._busy = self._begun = False

    def handle_error(
        self,
        request: web.BaseRequest,  # noqa: ARG002 - aiohttp's signature
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - aiohttp's signature
    ) -> web.StreamResponse:
        """Answers what is no request (400) in our own form, and closes."""
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            logs.get("web").error("unexpected", exc_info=exc)
        self._refuse(status)
        return web.Response(status=status)  # for aiohttp: the connection is closed already

    def _start_timer(self) -> None:
        self._timer = self._loop.call_later(self._limits.head_seconds, self._head_is_late)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _head_is_late(self) -> None:
        if self._begun:
            self._refuse(408)
        else:
            self.force_close()

    def _refuse(self, status: int) -> None:
        if self.transport is not None:
            self.transport.write(last_words(status))
        self.force_close()
