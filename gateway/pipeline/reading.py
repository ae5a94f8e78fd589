"""A stored event, read again from its body by the source that took it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from gateway import codec
from gateway.errors import Unreadable
from gateway.model.event import INTERNAL, Event
from gateway.pipeline.beside import Beside
from gateway.pipeline.parts import InForce
from gateway.sources.source import Source
from gateway.store import events
from gateway.store.store import Store


@dataclass(frozen=True, slots=True)
class Read:
    """An event and the bytes it was read from."""

    event: Event
    body: bytes
    error: str = ""
    """Why it cannot be read; then the event knows no more than where it came from."""


# Bytes of bodies whose events are kept until they are dispatched and told, which is a moment later
# as a rule; an event takes several times as much.
_KEPT = 2 * 1024 * 1024


class Kept:
    """Events that were read a moment ago; of too many the first are forgotten."""

    def __init__(self) -> None:
        self._reads: dict[str, tuple[Source, Read]] = {}
        self._size = 0

    def keep(self, source: Source, read: Read) -> None:
        """Keeps what that source has read, until it is taken or room is needed."""
        self.take(read.event.id, source)
        if len(read.body) > _KEPT:
            return
        self._reads[read.event.id] = source, read
        self._size += len(read.body)
        while self._size > _KEPT:
            self.take(next(iter(self._reads)), source)

    def take(self, event_id: str, source: Source | None) -> Read | None:
        """What was kept; None where it was not, or another source reads such events by now."""
        found = self.find(event_id, source)
        _, read = self._reads.pop(event_id, (None, None))
        self._size -= len(read.body) if read else 0
        return found

    def find(self, event_id: str, source: Source | None) -> Read | None:
        """The same, which stays kept."""
        by, read = self._reads.get(event_id, (None, None))
        return read if by is source else None


class Reader:
    """Reads stored events; a large one beside the event loop."""

    def __init__(self, store: Store, in_force: InForce, beside: Beside) -> None:
        self._store = store
        self._in_force = in_force
        self._beside = beside
        self._kept = Kept()

    def keep(self, source: Source, read: Read) -> None:
        """Spares a later `several` or `to_tell` the reading, where there is room."""
        self._kept.keep(source, read)

    def keep_to_tell(self, read: Read) -> None:
        """The same of an event that is owed as it is."""
        source = self._in_force.parts.sources.get(read.event.source)
        if source is not None:
            self._kept.keep(source, read)

    async def read(self, waiting: events.Waiting) -> Read:
        """The event; raises LookupError where its source is not configured any more."""
        body = await self._store.read(lambda connection: events.body(connection, waiting.id))
        return await self._beside.behind(len(body), lambda: self._read(waiting, body))

    async def several(self, waiting: Sequence[events.Waiting]) -> list[Read]:
        """These events; raises likewise where one of them cannot be had."""
        sources = self._in_force.parts.sources
        known = {each.id: self._kept.take(each.id, sources.get(each.source)) for each in waiting}
        ids = [each.id for each in waiting if known[each.id] is None]
        bodies = await self._bodies(ids) if ids else {}
        read = []
        for each in waiting:
            kept = known[each.id]
            if kept is None:
                work = partial(self._read, each, bodies[each.id])
                kept = await self._beside.behind(each.size, work)
                await asyncio.sleep(0)  # webhooks that come meanwhile do not wait for all of them
            read.append(kept)
        return read

    async def _bodies(self, ids: Sequence[str]) -> Mapping[str, bytes]:
        return await self._store.read(lambda connection: events.bodies_of(connection, ids))

    async def to_tell(self, event: Event) -> Read | None:
        """That event with its findings and its body; None where there is none any more."""
        source = self._in_force.parts.sources.get(event.source)
        return self._kept.find(event.id, source) or await self.by_id(event.id)

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
            event = unread(
                id=waiting.id,
                source=waiting.source,
                version=waiting.version,
                received_at=waiting.received_at,
            )
            return Read(event, body, str(error))
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


def unread(*, id: str, source: str, version: str, received_at: datetime) -> Event:  # noqa: A002 - the event's own word
    """What is known of an event whose body cannot be read."""
    return Event(
        id=id,
        source=source,
        type="unreadable",
        version=version,
        received_at=received_at,
        raw={"project": {}, "org": {}},
    )
