"""Alerts that end without a fix: gone projects, an operator's word, a roll-up that takes over."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from gateway.alerting.changes import Changes
from gateway.alerting.owing import owed, timed
from gateway.alerting.terms import NO_ROUTE, Terms
from gateway.model.alert import Alert, Ended, Entry


def ended(
    alerts: Sequence[Alert],
    how: Ended,
    *,
    now: datetime,
    terms: Mapping[str, Terms],
    resolving: frozenset[str],
    which: Callable[[Entry], bool] = lambda _entry: True,
) -> Changes:
    """These alerts once such of their findings were closed; who was told of them hears of it."""
    closed = [_closed(alert, how, now, terms, which) for alert in alerts]
    changed = [(alert, entries) for alert, entries in closed if entries]
    return Changes(
        closed=frozenset(entry.key for _, entries in changed for entry in entries),
        alerts=tuple(alert for alert, _ in changed),
        entries={alert.id: entries for alert, entries in changed},
        owed=tuple(
            each
            for alert, _ in changed
            for each in owed(
                alert, event_id=alert.event.id, accepted_at=now, now=now, resolving=resolving
            )
        ),
    )


def _closed(
    alert: Alert,
    how: Ended,
    now: datetime,
    terms: Mapping[str, Terms],
    which: Callable[[Entry], bool],
) -> tuple[Alert, tuple[Entry, ...]]:
    revision = alert.revision + 1
    gone = {each.key: replace(each, fixed=revision) for each in alert.open_entries if which(each)}
    if not gone:
        return alert, ()
    entries = tuple(gone.get(entry.key, entry) for entry in alert.entries)
    over = not alert.beyond.open and all(entry.fixed is not None for entry in entries)
    after = replace(
        alert,
        revision=revision,
        entries=entries,
        status="resolved" if over else "open",
        resolved_at=now if over else None,
        ended=how if over else "",
    )
    after = timed(after, alert, terms.get(alert.route, NO_ROUTE), now)
    return after, tuple(gone.values())
