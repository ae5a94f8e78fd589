"""A wire between a gateway and its database that goes dead without a word."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

_PIECE = 65_536


@dataclass(slots=True)
class Wire:
    """Passes everything on, until it is dead: then nothing, and nobody is told."""

    port: int = 0
    _alive: asyncio.Event = field(default_factory=asyncio.Event)
    _ends: set[asyncio.StreamWriter] = field(default_factory=set)

    def die(self) -> None:
        """Passes nothing on any more; connections stay open, and new ones are taken."""
        self._alive.clear()

    def mend(self) -> None:
        """What was open is cut off; new connections are passed on."""
        for each in self._ends:
            each.transport.abort()
        self._alive.set()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await reader.read(_PIECE):
                await self._alive.wait()
                writer.write(piece)
                await writer.drain()
        writer.close()

    async def _take(
        self, to: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._ends.add(writer)
        try:
            await self._alive.wait()
            there, back = await asyncio.open_connection("127.0.0.1", to)
            self._ends.add(back)
            await asyncio.gather(self._pass(reader, back), self._pass(there, writer))
            self._ends.discard(back)
        except OSError:
            writer.transport.abort()
        finally:
            self._ends.discard(writer)


@asynccontextmanager
async def wire(to: int) -> AsyncIterator[Wire]:
    """A wire to that port on loopback."""
    made = Wire()
    made.mend()
    serving = await asyncio.start_server(
        lambda reader, writer: made._take(to, reader, writer),
        "127.0.0.1",
        0,
    )
    made.port = serving.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        serving.close()
        made.mend()
