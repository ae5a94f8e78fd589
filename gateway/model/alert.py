"""What people see: the open findings of one route under one group key."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gateway.model.event import Event
from gateway.model.finding import Finding

AlertStatus = Literal["open", "resolved"]


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


def worst(findings: Sequence[Finding]) -> Finding | None:
    """The finding that is shown first: by severity, then priority, then CVSS, then id."""
    return min(findings, key=worst_first, default=None)


def worst_first(finding: Finding) -> tuple[float, float, float, str, str]:
    """Sorting key that puts the worst finding first."""
    return (
        -finding.rank,
        -(finding.priority or 0.0),
        -(finding.cvss or 0.0),
        finding.id,
        finding.package,
    )
