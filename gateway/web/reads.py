"""What the admin side shows, and where it asks for it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, get_args

from gateway.model.alert import AlertStatus
from gateway.model.delivery import STATES
from gateway.model.event import EventStatus

Item = Mapping[str, Any]
"""One event, alert, delivery or silence, ready for JSON."""


class Page(Protocol):
    """One page of a list."""

    @property
    def items(self) -> Sequence[Item]:
        """Newest first."""
        ...

    @property
    def next(self) -> str | None:
        """Cursor of the next page; None on the last one."""
        ...


class Reads(Protocol):
    """Reads the store; the filters are those that the list's Kind names, `limit` and `cursor`."""

    async def events(self, **filters: Any) -> Page:
        """A page of events."""
        ...

    async def alerts(self, **filters: Any) -> Page:
        """A page of alerts."""
        ...

    async def deliveries(self, **filters: Any) -> Page:
        """A page of deliveries."""
        ...

    async def silences(self, **filters: Any) -> Page:
        """A page of silences, of the configuration and made at run time."""
        ...

    async def event(self, event_id: str, /) -> Item | None:
        """One event, None where there is none."""
        ...

    async def alert(self, alert_id: str, /) -> Item | None:
        """One alert with its findings and deliveries, None where there is none."""
        ...

    async def delivery(self, delivery_id: str, /) -> Item | None:
        """One delivery with its attempts, None where there is none."""
        ...

    async def silence(self, silence_id: str, /) -> Item | None:
        """One silence, None where there is none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One of the lists."""

    name: str
    """In addresses: `alerts`."""
    filters: tuple[str, ...]
    statuses: tuple[str, ...]
    page: Callable[[Reads], Callable[..., Awaitable[Page]]]
    item: Callable[[Reads], Callable[[str], Awaitable[Item | None]]]


ALERTS = Kind(
    name="alerts",
    filters=("status", "route", "project"),
    statuses=get_args(AlertStatus),
    page=lambda reads: reads.alerts,
    item=lambda reads: reads.alert,
)
DELIVERIES = Kind(
    name="deliveries",
    filters=("status", "sink", "alert", "event"),
    statuses=STATES,
    page=lambda reads: reads.deliveries,
    item=lambda reads: reads.delivery,
)
EVENTS = Kind(
    name="events",
    filters=("source", "type", "status", "project"),
    statuses=get_args(EventStatus),
    page=lambda reads: reads.events,
    item=lambda reads: reads.event,
)
SILENCES = Kind(
    name="silences",
    filters=("status",),
    statuses=("active", "pending", "expired"),
    page=lambda reads: reads.silences,
    item=lambda reads: reads.silence,
)
KINDS = (ALERTS, DELIVERIES, EVENTS)
"""What the page shows."""
LISTS = (*KINDS, SILENCES)
"""What the API lists."""
