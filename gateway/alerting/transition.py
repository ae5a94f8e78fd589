"""What one event changes: alerts opened, joined, updated and resolved."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from gateway.model.alert import Alert, Entry, worst
from gateway.model.delivery import Owed
from gateway.model.event import Event
from gateway.model.finding import Finding
from gateway.model.history import FindingChange
from gateway.model.identity import NewId, finding_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A new finding that a route has taken, and the alert it belongs to."""

    key: str
    """The finding's key."""
    route: str
    group: tuple[str, ...]
    alert_key: str
    sinks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the store knows of the findings and alerts that an event touches."""

    changes: Mapping[str, FindingChange] = field(default_factory=dict)
    """Last change by finding key."""
    alerts: Sequence[Alert] = ()
    """Open alerts that hold one of the findings, and those that the candidates name."""


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
    findings: tuple[FindingChange, ...] = ()
    owed: tuple[Owed, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()


def key_of(finding: Finding, event: Event) -> str:
    """The finding's key: one issue in one package of one project."""
    return finding_key(event.org.id, event.project.id, finding.id, finding.package)


def transition(
    event: Event,
    candidates: Mapping[str, Sequence[Candidate]],
    known: Known,
    *,
    now: datetime,
    new_id: NewId,
    skip_ignored: bool = True,
    resolving: frozenset[str] = frozenset(),
) -> Changes:
    """Everything that the event changes.

    `candidates` are by finding key; `resolving` names the sinks that want to hear of fixes.
    """
    desk = _Desk(event=event, known=known, now=now, new_id=new_id)
    for finding in event.findings:
        key = key_of(finding, event)
        last = known.changes.get(key)
        if last is not None and last.is_newer_than(event.tested_at):
            desk.suppress(candidates.get(key, ()), "stale")
        elif finding.change == "removed":
            desk.removed(key, finding)
        elif finding.ignored and skip_ignored:
            desk.suppress(candidates.get(key, ()), "ignored")
        else:
            desk.listed(key, finding, candidates.get(key, ()))
    return desk.changes(resolving)


class _Desk:
    """The alerts on the table while one event is worked through."""

    def __init__(self, *, event: Event, known: Known, now: datetime, new_id: NewId) -> None:
        self._event = event
        self._context = event.context
        self._now = now
        self._new_id = new_id
        self._before = {alert.id: alert for alert in known.alerts}
        self._by_key = {alert.key: alert for alert in known.alerts}
        self._entries = {
            alert.id: {entry.key: entry for entry in alert.entries} for alert in known.alerts
        }
        self._holding: dict[str, list[Alert]] = defaultdict(list)
        for alert in known.alerts:
            for entry in alert.entries:
                if entry.fixed is None:
                    self._holding[entry.key].append(alert)
        self._touched: dict[str, dict[str, Entry]] = defaultdict(dict)
        self._findings: list[FindingChange] = []
        self._suppressed: list[Suppressed] = []

    def suppress(self, candidates: Iterable[Candidate], reason: str) -> None:
        """Counts a finding that has no effect, once per route that took it."""
        routes = [candidate.route for candidate in candidates] or [""]
        self._suppressed += [Suppressed(route=route, reason=reason) for route in routes]

    def removed(self, key: str, finding: Finding) -> None:
        """Marks the finding fixed in every alert that holds it, whatever the routes say now."""
        self._note(key, finding)
        for alert in self._holding.pop(key, []):
            self._fix(alert, key)

    def listed(self, key: str, finding: Finding, candidates: Sequence[Candidate]) -> None:
        """Opens the finding under each route that took it, unless it is open there already."""
        self._note(key, finding)
        held = self._holding.get(key, [])
        named = {candidate.alert_key for candidate in candidates}
        for gone in [each for each in held if self._is_later(each, key) and each.key not in named]:
            held.remove(gone)  # its removal was lost: a later test lists it as new again
            self._fix(gone, key)
        for candidate in candidates:
            alert = next((each for each in held if each.route == candidate.route), None)
            if not candidate.sinks and alert is None:
                self.suppress([candidate], "no_sinks")
            elif alert is None:
                self._open(candidate, key, finding)
            else:
                self._repeat(alert, candidate, key, finding)

    def changes(self, resolving: frozenset[str]) -> Changes:
        """What is to be written and sent."""
        alerts = [self._after(alert_id) for alert_id in self._touched]
        return Changes(
            alerts=tuple(alerts),
            entries={alert.id: tuple(self._touched[alert.id].values()) for alert in alerts},
            findings=tuple(self._findings),
            owed=tuple(owed for alert in alerts for owed in self._owed(alert, resolving)),
            suppressed=tuple(self._suppressed),
        )

    def _note(self, key: str, finding: Finding) -> None:
        event = self._event
        self._findings.append(
            FindingChange(
                key=key,
                source=event.source,
                org_id=event.org.id,
                project_id=event.project.id,
                issue_id=finding.id,
                package=finding.package,
                change=finding.change,
                tested_at=event.tested_at,
                changed_at=self._now,
                event_id=event.id,
            )
        )

    def _next_revision(self, alert: Alert) -> int:
        return alert.revision + 1 if alert.id in self._before else alert.revision

    def _is_later(self, alert: Alert, key: str) -> bool:
        """Whether this event's test came after the one that opened the finding there."""
        before, after = self._entries[alert.id][key].event.tested_at, self._event.tested_at
        return before is not None and after is not None and after > before

    def _put(self, alert: Alert, entry: Entry) -> None:
        self._entries[alert.id][entry.key] = entry
        self._touched[alert.id][entry.key] = entry

    def _fix(self, alert: Alert, key: str) -> None:
        entry = self._entries[alert.id][key]
        self._put(alert, replace(entry, fixed=self._next_revision(alert)))

    def _repeat(self, alert: Alert, candidate: Candidate, key: str, finding: Finding) -> None:
        """A finding that is open under the route: refreshed, and told again only if it is news."""
        entry = self._entries[alert.id][key]
        again = self._is_later(alert, key) or finding.rank > entry.finding.rank
        announced = self._next_revision(alert) if again else entry.announced
        self._put(alert, replace(entry, finding=finding, event=self._context, announced=announced))
        if not again:
            self.suppress([candidate], "duplicate")

    def _open(self, candidate: Candidate, key: str, finding: Finding) -> None:
        alert = self._by_key.get(candidate.alert_key) or self._new_alert(candidate)
        revision = self._next_revision(alert)
        self._put(alert, Entry(key=key, finding=finding, event=self._context, opened=revision))

    def _new_alert(self, candidate: Candidate) -> Alert:
        alert = Alert(
            id=self._new_id("alr", self._now),
            key=candidate.alert_key,
            route=candidate.route,
            group=candidate.group,
            sinks=candidate.sinks,
            status="open",
            revision=1,
            opened_at=self._now,
            resolved_at=None,
            event=self._context,
            entries=(),
        )
        self._by_key[alert.key] = alert
        self._entries[alert.id] = {}
        return alert

    def _after(self, alert_id: str) -> Alert:
        alert = self._before.get(alert_id) or next(
            each for each in self._by_key.values() if each.id == alert_id
        )
        entries = tuple(self._entries[alert_id].values())
        resolved = all(entry.fixed is not None for entry in entries)
        return replace(
            alert,
            entries=entries,
            status="resolved" if resolved else "open",
            resolved_at=self._now if resolved else None,
            revision=max(alert.revision, *(_last_revision(entry) for entry in entries)),
        )

    def _owed(self, alert: Alert, resolving: frozenset[str]) -> Iterable[Owed]:
        before = self._before.get(alert.id)
        if before is not None and before.revision == alert.revision:
            return
        told_of_fixes_only = not any(
            entry.is_news(alert.revision - 1, alert.revision) and entry.fixed is None
            for entry in alert.entries
        )
        shown = [e.finding for e in alert.entries if e.fixed is None or e.fixed == alert.revision]
        worst_shown = worst(shown)
        for sink in alert.sinks:
            if not told_of_fixes_only or sink in resolving:
                yield Owed(
                    alert_id=alert.id,
                    alert_key=alert.key,
                    sink=sink,
                    revision=alert.revision,
                    severity=worst_shown.rank if worst_shown else 0,
                    event_id=self._event.id,
                    accepted_at=self._event.received_at,
                )


def _last_revision(entry: Entry) -> int:
    return max(entry.opened, entry.announced, entry.fixed or 0)
