"""Writes what a decision changed: alerts, findings, budgets and what is owed."""

from dataclasses import replace
from datetime import datetime

from gateway.alerting.changes import Changes
from gateway.model.delivery import Owed
from gateway.model.identity import NewId
from gateway.pipeline.judging import INHIBITED, may_keep_back
from gateway.pipeline.muting import silences_in_force
from gateway.pipeline.opening import with_settings
from gateway.pipeline.parts import Parts
from gateway.store import alerts, budgets, deliveries, findings
from gateway.store.store import Connection


def write(
    connection: Connection, parts: Parts, changes: Changes, *, now: datetime, new_id: NewId
) -> None:
    """Writes the changes, to be committed with whatever made them."""
    findings.change(connection, changes.findings)
    opened = [
        with_settings(parts, alert) if alert.id in changes.opened else alert
        for alert in changes.alerts
    ]
    alerts.save(connection, opened, entries=changes.entries, now=now)
    budgets.spend(connection, changes.spent)
    owe(connection, parts, changes.owed, now=now, new_id=new_id)
    # What is kept back of an alert that ended has nothing to tell, and would stand before the next
    # alert under the same key.
    over = [alert.id for alert in changes.alerts if alert.status == "resolved"]
    deliveries.rejudge_alerts(connection, over, now)
    if parts.inhibit and _fixes(changes):
        deliveries.rejudge(connection, "muted", now=now, reason=INHIBITED)


def owe(
    connection: Connection,
    parts: Parts,
    owed: tuple[Owed, ...],
    *,
    now: datetime,
    new_id: NewId,
) -> None:
    """Writes what is owed; what nothing in force can keep back need not be judged."""
    silences = silences_in_force(connection, parts, now)
    judged = [
        each
        if each.judged or may_keep_back(parts, silences, parts.tree.find(each.route))
        else replace(each, judged=True)
        for each in owed
    ]
    deliveries.owe(connection, judged, now, [new_id("dlv", now) for _ in judged])


def _fixes(changes: Changes) -> bool:
    return any(entry.fixed is not None for some in changes.entries.values() for entry in some)
