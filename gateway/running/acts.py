"""What operators do to a running gateway; every change is committed before it is answered."""

from collections.abc import Callable, Sequence

from gateway.clock import Clock
from gateway.model.identity import NewId
from gateway.pipeline.muting import silences_in_force
from gateway.pipeline.parts import InForce
from gateway.pipeline.reading import Reader
from gateway.preview.explain import explain
from gateway.preview.routes import shown
from gateway.running.acting import Item
from gateway.running.became import with_what_became
from gateway.running.delivery_acts import DeliveryActs
from gateway.running.event_acts import EventActs
from gateway.running.reload import Reload
from gateway.running.silence_acts import SilenceActs
from gateway.store import listing
from gateway.store.store import Store


class Acts(SilenceActs, EventActs, DeliveryActs):
    """All of it; and reloads and explains."""

    def __init__(
        self,
        store: Store,
        in_force: InForce,
        reload: Reload,
        reader: Reader,
        *,
        clock: Clock,
        new_id: NewId,
        wake: Callable[[], None],
    ) -> None:
        super().__init__(store, in_force, clock=clock, new_id=new_id, wake=wake)
        self._reload = reload
        self._reader = reader

    async def reload(self) -> Item:
        """How the reload went; raises SettingsError where it was refused."""
        return await self._reload()

    async def explain(self, event_id: str) -> Item | None:
        """Why a stored event went where it went, and what became of it; None without such one."""
        read = await self._reader.by_id(event_id)
        if read is None:
            return None
        parts, at = self._in_force.parts, read.event.received_at
        stilled = await self._store.read(
            lambda connection: silences_in_force(connection, parts, at)
        )
        explained = explain(parts, read.event, at, stilled)
        keys = [
            delivery["alert_key"]
            for finding in explained["findings"]
            for delivery in finding["deliveries"]
            if delivery["alert_key"]
        ]
        rows = await self._store.read(lambda connection: listing.became(connection, event_id, keys))
        return self._starred(with_what_became(explained, rows))

    async def config(self) -> Item:
        """Which configuration is in force, and why another is not."""
        return self._starred(self._reload.state())

    async def routes(self) -> Sequence[Item]:
        """The tree of routes, flat, in file order."""
        return [self._starred(shown(route)) for route in self._in_force.parts.tree.routes()]
