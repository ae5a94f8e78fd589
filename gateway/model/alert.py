"""What people see: the open findings of one route under one group key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from gateway.model.event import Event
from gateway.model.finding import Finding

AlertStatus = Literal["open", "resolved"]
Ended = Literal["", "fixed", "gone", "by_hand", "rolled_up"]
"""Why it ended: everything fixed · its projects are not tested any more · an operator said so · its
findings went into a roll-up; empty while it is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One finding in one alert."""

    key: str
    """The finding's key."""
    finding: Finding
    event: Event
    """Context of the event that last spoke of it (no findings inside)."""
    opened: int
    """Revision of the alert that it joined with."""
    announced: int = 0
    """Revision that made it news again, when its severity rose or its removal was lost."""
    fixed: int | None = None
    """Revision of the alert that marked it fixed."""

    def is_news(self, told: int, revision: int) -> bool:
        """Whether one who was told of the one revision has not heard of it, as of the other."""
        return self.opened > told or told < self.announced <= revision

    def open_at(self, revision: int) -> bool:
        """Whether it was open once that revision had been made."""
        return self.opened <= revision and (self.fixed is None or self.fixed > revision)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beyond:
    """What an alert holds besides the entries at hand: a storm's may have too many to look at."""

    open: int = 0
    fixed: int = 0
    by_rank: Mapping[int, int] = field(default_factory=dict)
    """Of those that are open, how many have a severity of that rank."""
    new: int = 0
    """Of those that are open, how many the sink has not heard of."""
    gone: int = 0
    """Of those that are fixed, how many the sink still takes for open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert with its findings, as the store knows it."""

    id: str
    key: str
    route: str
    group: tuple[str, ...]
    """The values of the route's `group_by`."""
    sinks: tuple[str, ...]
    status: AlertStatus
    revision: int
    """1 when opened; every change to its findings makes the next."""
    opened_at: datetime
    resolved_at: datetime | None
    event: Event
    """Context of the event that opened it."""
    entries: tuple[Entry, ...]
    """Those at hand: all of them, the worst ones, or those that an event speaks of."""
    beyond: Beyond = Beyond()
    labels: Mapping[str, str] = field(default_factory=dict)
    """Those of its route, worked out when it opened."""
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By sink: the settings that differ per alert, worked out when it opened."""
    rollup: bool = False
    """Whether it stands for what came beyond the route's `max_alerts`."""
    ended: Ended = ""
    flush_at: datetime | None = None
    """When the last change that is owed falls due; None where nothing was owed yet."""
    remind_at: datetime | None = None
    """When its sinks are told again; None: never."""

    @property
    def open_entries(self) -> tuple[Entry, ...]:
        """The findings at hand that are open now."""
        return tuple(entry for entry in self.entries if entry.fixed is None)
