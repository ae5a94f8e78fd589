"""What the admin side shows."""

from collections.abc import Callable
from typing import Any

from gateway.clock import Clock
from gateway.pipeline.parts import InForce
from gateway.running.silence_item import item_of
from gateway.running.starred import starred
from gateway.store import listing
from gateway.store.store import Connection, Store

Item = dict[str, Any]


class Reads:
    """Reads the store; what it gives is starred."""

    def __init__(self, store: Store, in_force: InForce, *, clock: Clock) -> None:
        self._store = store
        self._in_force = in_force
        self._clock = clock

    async def events(self, **filters: Any) -> listing.Page:
        """A page of events, newest first."""
        return await self._page(lambda connection: listing.events(connection, **filters))

    async def alerts(self, **filters: Any) -> listing.Page:
        """A page of alerts, newest first."""
        return await self._page(lambda connection: listing.alerts(connection, **filters))

    async def deliveries(self, **filters: Any) -> listing.Page:
        """A page of deliveries, newest first."""
        return await self._page(lambda connection: listing.deliveries(connection, **filters))

    async def silences(self, **filters: Any) -> listing.Page:
        """A page of silences, newest first; those of the configuration lead the first page."""
        now = self._clock.now()
        page = await self._page(lambda connection: listing.silences(connection, now=now, **filters))
        if filters.get("cursor") is not None:
            return page
        configured = [self._starred(item_of(each, now)) for each in self._in_force.parts.silences]
        wanted = filters.get("status")
        shown = [each for each in configured if wanted in {None, each["status"]}]
        return listing.Page([*shown, *page.items], page.next)

    async def event(self, event_id: str) -> Item | None:
        """One event."""
        return await self._item(lambda connection: listing.event(connection, event_id))

    async def alert(self, alert_id: str) -> Item | None:
        """One alert with its findings and deliveries."""
        return await self._item(lambda connection: listing.alert(connection, alert_id))

    async def delivery(self, delivery_id: str) -> Item | None:
        """One delivery with its attempts."""
        return await self._item(lambda connection: listing.delivery(connection, delivery_id))

    async def silence(self, silence_id: str) -> Item | None:
        """One silence."""
        now = self._clock.now()
        for each in self._in_force.parts.silences:
            if each.id == silence_id:
                return self._starred(item_of(each, now))
        return await self._item(lambda connection: listing.silence(connection, silence_id, now=now))

    async def _page(self, read: Callable[[Connection], listing.Page]) -> listing.Page:
        page = await self._store.read(read)
        return listing.Page([self._starred(each) for each in page.items], page.next)

    async def _item(self, read: Callable[[Connection], Item | None]) -> Item | None:
        item = await self._store.read(read)
        return item and self._starred(item)

    def _starred(self, item: Item) -> Item:
        shown: Item = starred(item, self._in_force.parts.redaction)
        return shown
