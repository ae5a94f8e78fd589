"""Writes what a decision changed: alerts, findings, budgets and what is owed."""

from collections.abc import Sequence
from dataclasses import replace

from gateway.alerting.changes import Changes
from gateway.model.delivery import Owed
from gateway.model.identity import NewId
from gateway.pipeline.judging import INHIBITED, Judge
from gateway.store import alerts, budgets, deliveries, findings
from gateway.store.store import Connection


def write(connection: Connection, judge: Judge, changes: Changes, *, new_id: NewId) -> None:
    """Writes the changes, to be committed with whatever made them."""
    now = judge.now
    findings.change(connection, changes.findings)
    findings.close(connection, changes.closed, now)
    alerts.save(connection, changes.alerts, entries=changes.entries, now=now)
    budgets.spend(connection, changes.spent)
    owe(connection, judge, changes.owed, new_id=new_id)
    # What is kept back of an alert that ended has nothing to tell, and would stand before the next
    # alert under the same key.
    over = [alert.id for alert in changes.alerts if alert.status == "resolved"]
    deliveries.rejudge_alerts(connection, over, now)
    if judge.parts.inhibit and _fixes(changes):
        deliveries.rejudge(connection, "muted", now=now, reason=INHIBITED)


def owe(connection: Connection, judge: Judge, owed: Sequence[Owed], *, new_id: NewId) -> None:
    """Writes what is owed; what nothing in force can keep back need not be judged."""
    now, tree = judge.now, judge.parts.tree
    judged = [
        each
        if each.judged or judge.may_keep_back(tree.find(each.route))
        else replace(each, judged=True)
        for each in owed
    ]
    deliveries.owe(connection, judged, now, [new_id("dlv", now) for _ in judged])


def _fixes(changes: Changes) -> bool:
    return any(entry.fixed is not None for some in changes.entries.values() for entry in some)
