"""The receiving end: an HTTP server that answers at once and notes what came when."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

from bench.load import HEAD_END, is_whole

_OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"


@dataclass(slots=True)
class Receiver:
    """Where everything is delivered to."""

    port: int = 0
    times: list[float] = field(default_factory=list)
    """When the first byte of each request was there, as `time.perf_counter` has it."""
    bodies: list[bytes] = field(default_factory=list)
    keep: bool = False
    """Whether to keep the requests too."""
    heard: Callable[[], None] | None = None
    """Called with each request."""

    @property
    def url(self) -> str:
        """Where to deliver to."""
        return f"http://127.0.0.1:{self.port}/"

    def clear(self) -> None:
        """Forgets what came."""
        self.times.clear()
        self.bodies.clear()

    async def until(self, number: int, seconds: float) -> bool:
        """Whether so many came within so many seconds."""
        ends = time.perf_counter() + seconds
        while len(self.times) < number and time.perf_counter() < ends:  # noqa: ASYNC110 - filled from a socket
            await asyncio.sleep(0.01)
        return len(self.times) >= number


class _Line(asyncio.Protocol):
    def __init__(self, note: Callable[[float, bytes], None]) -> None:
        self._note = note
        self._came = bytearray()
        self._first = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if not self._came:
            self._first = time.perf_counter()
        self._came += data
        end = self._came.find(HEAD_END)
        if end >= 0 and is_whole(self._came, end) and self._transport:
            self._note(self._first, bytes(self._came))
            self._came.clear()
            self._transport.write(_OK)


@asynccontextmanager
async def receiving(*, keep: bool = False) -> AsyncIterator[Receiver]:
    """A receiver on loopback."""
    receiver = Receiver(keep=keep)

    def note(at: float, request: bytes) -> None:
        receiver.times.append(at)
        if receiver.keep:
            receiver.bodies.append(request)
        if receiver.heard:
            receiver.heard()

    server = await asyncio.get_running_loop().create_server(
        lambda: _Line(note), "127.0.0.1", 0, backlog=1024
    )
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
