"""What is known before a decision, and what follows from it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gateway.model.alert import Alert, Entry
from gateway.model.budget import Spent
from gateway.model.delivery import Owed
from gateway.model.history import FindingChange


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A new finding that a route has taken, and the alert it belongs to."""

    key: str
    """The finding's key."""
    route: str
    group: tuple[str, ...]
    alert_key: str
    sinks: tuple[str, ...]
    labels: Mapping[str, str] = field(default_factory=dict)
    marks: tuple[str, ...] = ()
    """What went wrong on its way through the tree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the store knows of the findings and alerts that an event touches."""

    changes: Mapping[str, FindingChange] = field(default_factory=dict)
    """Last change by finding key."""
    alerts: Sequence[Alert] = ()
    """Open alerts that hold one of the findings, and those that the candidates name."""
    spent: Mapping[str, Spent] = field(default_factory=dict)
    """By route: what it has opened of late."""
    overtaken: frozenset[str] = frozenset()
    """Findings that changed, or were closed without a fix, after this event arrived: where no dates
    tell them apart, this one is old news."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressed:
    """A finding that makes no delivery, and why."""

    route: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """All that an event does; written in one transaction."""

    alerts: tuple[Alert, ...] = ()
    """Whole, as they are afterwards."""
    entries: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)
    """By alert id: the entries that differ from what the store has."""
    opened: frozenset[str] = frozenset()
    """Ids of the alerts that are new."""
    findings: tuple[FindingChange, ...] = ()
    closed: frozenset[str] = frozenset()
    """Keys of findings that were closed without a fix: what arrived before opens them no more."""
    owed: tuple[Owed, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    spent: Mapping[str, Spent] = field(default_factory=dict)
    """By route, where it changed."""


def merged(several: Iterable[Changes]) -> Changes:
    """All of these, made one after the other, as one: of each thing its last state."""
    alerts: dict[str, Alert] = {}
    entries: defaultdict[str, dict[str, Entry]] = defaultdict(dict)
    findings: dict[str, FindingChange] = {}
    spent: dict[str, Spent] = {}
    owed: list[Owed] = []
    suppressed: list[Suppressed] = []
    opened: set[str] = set()
    closed: set[str] = set()
    for each in several:
        alerts |= {alert.id: alert for alert in each.alerts}
        for alert_id, some in each.entries.items():
            entries[alert_id] |= {entry.key: entry for entry in some}
        findings |= {change.key: change for change in each.findings}
        spent |= each.spent
        owed += each.owed
        suppressed += each.suppressed
        opened |= each.opened
        closed |= each.closed
    return Changes(
        alerts=tuple(alerts.values()),
        entries={alert_id: tuple(some.values()) for alert_id, some in entries.items()},
        opened=frozenset(opened),
        findings=tuple(findings.values()),
        closed=frozenset(closed),
        spent=spent,
        owed=tuple(owed),
        suppressed=tuple(suppressed),
    )
