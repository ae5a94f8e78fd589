"""What one event changes: alerts opened, joined, updated and resolved."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from gateway.alerting.budget import current, key_of_rollup, one_more, rollup_group
from gateway.alerting.changes import Candidate, Changes, Known, Suppressed
from gateway.alerting.owing import owed, timed
from gateway.alerting.terms import NO_ROUTE, Terms
from gateway.model.alert import Alert, Entry
from gateway.model.budget import Spent
from gateway.model.delivery import Owed
from gateway.model.event import Event
from gateway.model.finding import Finding
from gateway.model.history import FindingChange
from gateway.model.identity import NewId, finding_key


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
    terms: Mapping[str, Terms] | None = None,
    instance: str = "",
) -> Changes:
    """Everything that the event changes.

    `candidates` are by finding key; `resolving` names the sinks that want to hear of fixes; `terms`
    are by route.
    """
    desk = _Desk(
        event=event, known=known, now=now, new_id=new_id, terms=terms or {}, instance=instance
    )
    for finding in event.findings:
        key = key_of(finding, event)
        if is_stale(known, key, event):
            desk.suppress(candidates.get(key, ()), "stale")
        elif finding.change == "removed":
            desk.removed(key, finding)
        elif finding.ignored and skip_ignored:
            desk.suppress(candidates.get(key, ()), "ignored")
        else:
            desk.listed(key, finding, candidates.get(key, ()))
    return desk.changes(resolving)


def is_stale(known: Known, key: str, event: Event) -> bool:
    """Whether something newer than this event is known of the finding."""
    last = known.changes.get(key)
    if last is None:
        return False
    if last.tested_at is not None and event.tested_at not in {None, last.tested_at}:
        return last.is_newer_than(event.tested_at)
    return key in known.overtaken


class _Desk:
    """The alerts on the table while one event is worked through."""

    def __init__(
        self,
        *,
        event: Event,
        known: Known,
        now: datetime,
        new_id: NewId,
        terms: Mapping[str, Terms],
        instance: str,
    ) -> None:
        self._event = event
        self._context = event.context
        self._now = now
        self._new_id = new_id
        self._terms = terms
        self._instance = instance
        self._spent = dict(known.spent)
        self._budgets: dict[str, Spent] = {}
        self._marks: dict[str, tuple[str, ...]] = {}
        self._before = {alert.id: alert for alert in known.alerts}
        self._now_known = dict(self._before)
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
            opened=frozenset(alert.id for alert in alerts if alert.id not in self._before),
            spent=self._budgets,
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
        refreshed = replace(entry, finding=finding.bare, event=self._context, announced=announced)
        self._put(alert, refreshed)
        if again:
            self._join(alert, candidate)
        else:
            self.suppress([candidate], "duplicate")

    def _open(self, candidate: Candidate, key: str, finding: Finding) -> None:
        alert = self._by_key.get(candidate.alert_key) or self._new_alert(candidate)
        self._join(alert, candidate)
        revision = self._next_revision(alert)
        entry = Entry(key=key, finding=finding.bare, event=self._context, opened=revision)
        self._put(alert, entry)

    def _join(self, alert: Alert, candidate: Candidate) -> None:
        """Sinks that the route names by now hear of the alert, too."""
        sinks = tuple(dict.fromkeys((*alert.sinks, *candidate.sinks)))
        if sinks != alert.sinks:
            self._keep(replace(alert, sinks=sinks))
        if candidate.marks:
            known = self._marks.get(alert.id, ())
            self._marks[alert.id] = tuple(dict.fromkeys((*known, *candidate.marks)))

    def _keep(self, alert: Alert) -> None:
        self._by_key[alert.key] = alert
        self._now_known[alert.id] = alert

    def _new_alert(self, candidate: Candidate) -> Alert:
        terms = self._terms.get(candidate.route, NO_ROUTE)
        spent = current(self._spent.get(candidate.route), terms, self._now)
        more = one_more(spent, terms)
        if more is None:
            return self._rollup(candidate, spent)
        self._spent[candidate.route] = self._budgets[candidate.route] = more
        return self._opened(candidate, candidate.group, candidate.alert_key)

    def _rollup(self, candidate: Candidate, spent: Spent) -> Alert:
        """The one alert of the route that takes whatever comes beyond its budget."""
        key = key_of_rollup(self._instance, candidate.route, spent)
        known = self._by_key.get(key)
        return known or self._opened(candidate, rollup_group(spent), key, rollup=True)

    def _opened(
        self, candidate: Candidate, group: tuple[str, ...], key: str, *, rollup: bool = False
    ) -> Alert:
        alert = Alert(
            id=self._new_id("alr", self._now),
            key=key,
            route=candidate.route,
            group=group,
            sinks=candidate.sinks,
            status="open",
            revision=1,
            opened_at=self._now,
            resolved_at=None,
            event=self._context,
            entries=(),
            labels=candidate.labels,
            rollup=rollup,
        )
        self._entries[alert.id] = {}
        self._keep(alert)
        return alert

    def _after(self, alert_id: str) -> Alert:
        alert = self._now_known[alert_id]
        entries = tuple(self._entries[alert_id].values())
        resolved = not alert.beyond.open and all(entry.fixed is not None for entry in entries)
        after = replace(
            alert,
            entries=entries,
            status="resolved" if resolved else "open",
            resolved_at=self._now if resolved else None,
            ended="fixed" if resolved else "",
            revision=max(alert.revision, *(_last_revision(entry) for entry in entries)),
        )
        if not self._is_news(after):
            return after
        terms = self._terms.get(after.route, NO_ROUTE)
        return timed(after, self._before.get(alert_id), terms, self._now)

    def _is_news(self, alert: Alert) -> bool:
        before = self._before.get(alert.id)
        return before is None or before.revision != alert.revision

    def _owed(self, alert: Alert, resolving: frozenset[str]) -> Iterable[Owed]:
        if not self._is_news(alert):
            return ()
        return owed(
            alert,
            event_id=self._event.id,
            accepted_at=self._event.received_at,
            now=self._now,
            resolving=resolving,
            marks=self._marks.get(alert.id, ()),
        )


def _last_revision(entry: Entry) -> int:
    return max(entry.opened, entry.announced, entry.fixed or 0)
