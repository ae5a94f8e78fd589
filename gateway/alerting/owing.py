"""Which sinks are to hear of a changed alert, and when its timers let them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from gateway.alerting.terms import Terms
from gateway.model.alert import Alert
from gateway.model.delivery import Owed
from gateway.model.finding import worst


def timed(alert: Alert, before: Alert | None, terms: Terms, now: datetime) -> Alert:
    """The alert with its timers set for the change that was just made to it."""
    due = _due(alert, before, terms, now)
    repeat = terms.repeat_interval
    reminds = alert.status == "open" and repeat is not None
    return replace(alert, flush_at=due, remind_at=due + repeat if reminds and repeat else None)


def _due(alert: Alert, before: Alert | None, terms: Terms, now: datetime) -> datetime:
    """After `group_wait` at first, then `group_interval` after the last, which may be to come."""
    if before is None or before.flush_at is None:
        return alert.opened_at + terms.group_wait
    if before.flush_at > now:
        return before.flush_at
    return max(now, before.flush_at + terms.group_interval)


def owed(
    alert: Alert,
    *,
    event_id: str,
    accepted_at: datetime,
    now: datetime,
    resolving: frozenset[str],
    marks: tuple[str, ...] = (),
) -> Iterator[Owed]:
    """What its sinks are owed of the alert's last revision.

    `resolving` names the sinks that want to hear of fixes.
    """
    has_news = any(
        entry.fixed is None and entry.is_news(alert.revision - 1, alert.revision)
        for entry in alert.entries
    )
    for sink in alert.sinks:
        if has_news or sink in resolving:
            yield _owed(
                alert,
                sink,
                event_id=event_id,
                accepted_at=accepted_at,
                due=alert.flush_at or now,
                marks=marks,
            )


def reminded(alert: Alert, *, now: datetime) -> tuple[Alert, list[Owed]]:
    """The alert with one more revision that changes nothing, and what its sinks are owed of it."""
    again = replace(alert, revision=alert.revision + 1, flush_at=now)
    return again, [
        replace(
            _owed(again, sink, event_id=again.event.id, accepted_at=now, due=now), reminder=True
        )
        for sink in again.sinks
    ]


def _owed(
    alert: Alert,
    sink: str,
    *,
    event_id: str,
    accepted_at: datetime,
    due: datetime,
    marks: tuple[str, ...] = (),
) -> Owed:
    shown = worst([each.finding for each in alert.entries if each.fixed in (None, alert.revision)])
    return Owed(
        alert_id=alert.id,
        alert_key=alert.key,
        route=alert.route,
        sink=sink,
        due=due,
        revision=alert.revision,
        severity=shown.rank if shown else 0,
        event_id=event_id,
        accepted_at=accepted_at,
        marks=marks,
    )
