"""A stored event, read again from its body by the source that took it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from gateway import codec
from gateway.errors import Unreadable
from gateway.model.event import INTERNAL, Event
from gateway.pipeline.beside import Beside
from gateway.pipeline.parts import InForce
from gateway.store import events
from gateway.store.store import Store


@dataclass(frozen=True, slots=True)
class Read:
    """An event and the bytes it was read from."""

    event: Event
    body: bytes
    error: str = ""
    """Why it cannot be read; then the event knows no more than where it came from."""


class Reader:
    """Reads stored events; a large one beside the event loop."""

    def __init__(self, store: Store, in_force: InForce, beside: Beside) -> None:
        self._store = store
        self._in_force = in_force
        self._beside = beside

    async def read(self, waiting: events.Waiting) -> Read:
        """The event; raises LookupError where its source is not configured any more."""
        body = await self._store.read(lambda connection: events.body(connection, waiting.id))
        return await self._beside.behind(len(body), lambda: self._read(waiting, body))

    async def several(self, waiting: Sequence[events.Waiting]) -> list[Read]:
        """These events; raises likewise where one of them cannot be had."""
        ids = [each.id for each in waiting]
        bodies = await self._store.read(lambda connection: events.bodies_of(connection, ids))
        read = []
        for each in waiting:
            work = partial(self._read, each, bodies[each.id])
            read.append(await self._beside.behind(each.size, work))
            await asyncio.sleep(0)  # webhooks that come meanwhile are not to wait for all of them
        return read

    async def by_id(self, event_id: str) -> Read | None:
        """The event with that id; None where there is none."""
        found = await self._store.read(lambda connection: events.by_id(connection, event_id))
        return None if found is None else await self.read(found)

    def _read(self, waiting: events.Waiting, body: bytes) -> Read:
        if waiting.source == INTERNAL:
            return Read(internal(body, waiting.id, waiting.received_at), body)
        source = self._in_force.parts.sources.get(waiting.source)
        if source is None:
            raise LookupError(f"source {waiting.source!r} is not configured any more")
        try:
            event = source.read(
                body, id=waiting.id, received_at=waiting.received_at, version=waiting.version
            )
        except Unreadable as error:
            return Read(_unread(waiting), body, str(error))
        return Read(event, body)


def internal(body: bytes, event_id: str, received_at: datetime) -> Event:
    """What the gateway itself has to say."""
    return Event(
        id=event_id,
        source=INTERNAL,
        type="internal",
        version="v0",
        received_at=received_at,
        raw={"project": {}, "org": {}, "internal": codec.decode(body)},
    )


def _unread(waiting: events.Waiting) -> Event:
    return Event(
        id=waiting.id,
        source=waiting.source,
        type="unreadable",
        version=waiting.version,
        received_at=waiting.received_at,
        raw={"project": {}, "org": {}},
    )
