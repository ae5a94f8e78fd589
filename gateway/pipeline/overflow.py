"""What a window or a silence lets go together counts for the route's budget of new alerts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from gateway.alerting.budget import current, key_of_rollup, one_more
from gateway.alerting.rollup import rolled_up
from gateway.alerting.terms import NO_ROUTE
from gateway.model.alert import Alert
from gateway.model.budget import Spent
from gateway.model.delivery import Judgement, Waiting
from gateway.model.identity import NewId
from gateway.pipeline.judging import Judge
from gateway.pipeline.opening import opened
from gateway.pipeline.record import write
from gateway.store import alerts, budgets, locks
from gateway.store.store import Connection


def roll_up(
    connection: Connection,
    judge: Judge,
    waiting: Sequence[Waiting],
    known: Mapping[str, Alert],
    judgements: Mapping[str, Judgement],
    *,
    new_id: NewId,
) -> frozenset[str]:
    """The ids of the alerts that went into a roll-up because the budget was used up."""
    parts, now = judge.parts, judge.now
    let_go = _let_go(waiting, known, judgements)
    heard_of = alerts.tried(connection, [alert.id for alert in let_go])
    let_go = [alert for alert in let_go if alert.id not in heard_of]
    locks.take(connection, *(locks.of_route(alert.route) for alert in let_go))
    spent = budgets.spent(connection, {alert.route for alert in let_go})
    over: defaultdict[str, list[Alert]] = defaultdict(list)
    for alert in let_go:
        terms = parts.terms.get(alert.route, NO_ROUTE)
        so_far = current(spent.get(alert.route), terms, now)
        if alert.opened_at >= so_far.since and so_far.opened:
            continue  # it was counted when it opened
        more = one_more(so_far, terms)
        spent[alert.route] = more or so_far
        if more is None:
            over[alert.route].append(alert)
    budgets.spend(connection, spent)
    for route, some in over.items():
        _merge(connection, judge, some, spent[route], new_id=new_id)
    return frozenset(alert.id for some in over.values() for alert in some)


def _let_go(
    waiting: Iterable[Waiting],
    known: Mapping[str, Alert],
    judgements: Mapping[str, Judgement],
) -> Sequence[Alert]:
    """Each open alert once that is not kept back any more."""
    found = {
        each.alert_id: known[each.alert_id]
        for each in waiting
        if each.alert_id is not None
        and each.state in {"held", "muted"}
        and judgements[each.id].state == "pending"
    }
    return [
        alert
        for alert in found.values()
        # What has too many findings to look at is a roll-up by itself.
        if alert.open_entries and not alert.rollup and not alert.beyond.open
    ]


def _merge(
    connection: Connection, judge: Judge, some: Sequence[Alert], spent: Spent, *, new_id: NewId
) -> None:
    parts = judge.parts
    key = key_of_rollup(parts.instance, some[0].route, spent)
    joining = [entry.key for alert in some for entry in alert.open_entries]
    rollup = next(iter(alerts.by_key(connection, [key], joining)), None)
    changes = rolled_up(
        some,
        rollup,
        spent,
        now=judge.now,
        new_id=new_id,
        terms=parts.terms,
        resolving=parts.resolving,
        instance=parts.instance,
    )
    write(connection, judge, opened(parts, changes), new_id=new_id)
