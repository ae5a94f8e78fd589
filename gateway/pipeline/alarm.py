"""What the gateway itself has to say is an event like any other: one an hour of each kind."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from gateway import codec, logs
from gateway.clock import Clock
from gateway.errors import Unavailable
from gateway.model.event import INTERNAL, Arrival
from gateway.model.identity import NewId
from gateway.store import events
from gateway.store.store import Store

QUIET = timedelta(hours=1)
"""How long nothing more of one kind is said."""


class Alarm:
    """Raises internal events."""

    def __init__(
        self, store: Store, *, clock: Clock, new_id: NewId, wake: Callable[[], None]
    ) -> None:
        self._store = store
        self._clock = clock
        self._new_id = new_id
        self._wake = wake
        self._log = logs.get("alarm")

    async def __call__(self, kind: str, text: str, *, sink: str = "") -> None:
        """Stores one, unless one of its kind was stored within the hour.

        `sink` names the sink that it complains of, which does not hear of it. A store that cannot
        take it does not stop whoever noticed the trouble.
        """
        now = self._clock.now()
        said = {"type": "internal", "kind": kind, "text": text, **({"sink": sink} if sink else {})}
        arrival = _arrival(self._new_id("evt", now), kind, codec.encode(said), now)
        try:
            raised = await self._store.write(
                lambda connection: events.add_unless_recent(connection, arrival, now - QUIET)
            )
        except Unavailable as error:
            self._log.error("alarm not stored", kind=kind, text=text, error=str(error))
            return
        if raised:
            self._log.warning("alarm", kind=kind, text=text, event_id=arrival.id)
            self._wake()


def _arrival(event_id: str, kind: str, body: bytes, now: datetime) -> Arrival:
    return Arrival(
        id=event_id,
        source=INTERNAL,
        dedup=hashlib.sha256(event_id.encode()).digest(),
        status="pending",
        type="internal",
        version="v0",
        transport_id=kind,
        received_at=now,
        body=body,
    )
