"""A receiver that is in trouble, each kind by its name: raw sockets, so that it may break rules."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from types import MappingProxyType

Trouble = Callable[[asyncio.StreamWriter], Awaitable[None]]

WELL = "well"
BREAKS_TLS = "breaks TLS"
NO_NAME = "vanishes from DNS"
_NOWHERE = "https://receiver.invalid/"
"""RFC 6761, section 6.4: no resolver knows such a name."""
_ALMOST_FOR_EVER = 3600.0
_BETWEEN_BYTES = 0.2
_CHUNK = bytes(16 * 1024)


async def _well(writer: asyncio.StreamWriter) -> None:
    await _answer(writer, "200 OK")


async def _hangs(_writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(_ALMOST_FOR_EVER)


async def _is_slow(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(_BETWEEN_BYTES)


async def _never_ends(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(_CHUNK)
        await writer.drain()


async def _resets(writer: asyncio.StreamWriter) -> None:
    # Closed so, a socket sends a reset instead of an orderly end (socket(7), SO_LINGER).
    own: socket.socket = writer.get_extra_info("socket")
    own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def _wants_less(writer: asyncio.StreamWriter) -> None:
    await _answer(writer, "429 Too Many Requests", "Retry-After: 2\r\n")


async def _fails(writer: asyncio.StreamWriter) -> None:
    await _answer(writer, "500 Internal Server Error")


TROUBLES: Mapping[str, Trouble] = MappingProxyType(
    {
        "hangs": _hangs,
        "answers byte by byte": _is_slow,
        "streams without end": _never_ends,
        "resets after the request": _resets,
        "answers 429": _wants_less,
        "answers 500": _fails,
        # These two never come so far as to be answered.
        BREAKS_TLS: _well,
        NO_NAME: _well,
    }
)


@asynccontextmanager
async def receiver(trouble: str) -> AsyncIterator[str]:
    """The URL of one that is in that trouble, or well."""
    act = TROUBLES.get(trouble, _well)

    talks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                await _request(reader)
                await act(writer)
        finally:
            writer.close()

    def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(one := asyncio.create_task(talk(reader, writer)))
        one.add_done_callback(talks.discard)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        port = server.sockets[0].getsockname()[1]
        plain = f"http://127.0.0.1:{port}/"
        yield {BREAKS_TLS: plain.replace("http:", "https:"), NO_NAME: _NOWHERE}.get(trouble, plain)
    finally:
        server.close()
        for each in talks:
            each.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


async def _request(reader: asyncio.StreamReader) -> None:
    """Reads one to its end."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = head.partition("content-length:")[2].partition("\r\n")[0]
    await reader.readexactly(int(length or 0))


async def _answer(writer: asyncio.StreamWriter, status: str, headers: str = "") -> None:
    said = f"HTTP/1.1 {status}\r\nContent-Length: 2\r\nConnection: close\r\n{headers}\r\nok"
    writer.write(said.encode())
    await writer.drain()
