"""Alerts that were kept back and let go together: beyond the budget they become one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from gateway.alerting.budget import key_of_rollup, rollup_group
from gateway.alerting.changes import Changes
from gateway.alerting.ending import ended
from gateway.alerting.owing import owed, timed
from gateway.alerting.terms import NO_ROUTE, Terms
from gateway.model.alert import Alert, Entry
from gateway.model.budget import Spent
from gateway.model.identity import NewId


def rolled_up(
    alerts: Sequence[Alert],
    rollup: Alert | None,
    spent: Spent,
    *,
    now: datetime,
    new_id: NewId,
    terms: Mapping[str, Terms],
    resolving: frozenset[str],
    instance: str,
) -> Changes:
    """What moves the open findings of these alerts, of one route, into its roll-up.

    The alerts end without a word: nobody was told of them.
    """
    closed = ended(alerts, "rolled_up", now=now, terms=terms, resolving=resolving)
    before = rollup or _new(alerts, spent, now=now, new_id=new_id, instance=instance)
    revision = before.revision + 1 if rollup else 1
    held = {entry.key for entry in before.open_entries}
    joined = tuple(
        Entry(key=entry.key, finding=entry.finding, event=entry.event, opened=revision)
        for alert in alerts
        for entry in alert.open_entries
        if entry.key not in held
    )
    kept = [entry for entry in before.entries if entry.key not in {each.key for each in joined}]
    after = timed(
        replace(before, revision=revision, entries=(*kept, *joined)),
        rollup,
        terms.get(before.route, NO_ROUTE),
        now,
    )
    return Changes(
        alerts=(*closed.alerts, after),
        entries={**closed.entries, after.id: joined},
        opened=frozenset() if rollup else frozenset({after.id}),
        owed=tuple(
            owed(after, event_id=after.event.id, accepted_at=now, now=now, resolving=resolving)
        ),
    )


def _new(
    alerts: Sequence[Alert], spent: Spent, *, now: datetime, new_id: NewId, instance: str
) -> Alert:
    first = alerts[0]
    return Alert(
        id=new_id("alr", now),
        key=key_of_rollup(instance, first.route, spent),
        route=first.route,
        group=rollup_group(spent),
        sinks=tuple(dict.fromkeys(sink for alert in alerts for sink in alert.sinks)),
        status="open",
        revision=1,
        opened_at=now,
        resolved_at=None,
        event=first.event,
        entries=(),
        labels=first.labels,
        rollup=True,
    )
