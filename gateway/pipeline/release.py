"""Judges deliveries that are due and writes down what becomes of them, in one transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from gateway import logs
from gateway.alerting.owing import reminded
from gateway.model.alert import Alert
from gateway.model.delivery import Judgement, Owed, Waiting
from gateway.model.identity import NewId
from gateway.pipeline.judging import FREE, INHIBITED, NEVER_OPENS, OUTSIDE, SILENCED, Judge
from gateway.pipeline.overflow import roll_up
from gateway.store import alerts, deliveries
from gateway.store.events import contexts
from gateway.store.store import Connection

_log = logs.get("flush")
_COUNTED = {SILENCED: "muted", INHIBITED: "muted", NEVER_OPENS: OUTSIDE}
"""By reason of a judgement, under which one it is counted where that is another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """What came of judging."""

    judged: int = 0
    sinks: frozenset[str] = frozenset()
    """Those that something may be tried at now."""
    suppressed: tuple[tuple[str, str], ...] = ()
    """Route and reason of what was kept back."""

    def __add__(self, other: "Released") -> "Released":
        return Released(
            judged=self.judged + other.judged,
            sinks=self.sinks | other.sinks,
            suppressed=self.suppressed + other.suppressed,
        )


def release(connection: Connection, judge: Judge, *, new_id: NewId, limit: int) -> Released:
    """Judges up to so many deliveries that are due."""
    now = judge.now
    waiting = deliveries.to_judge(connection, now, limit)
    if not waiting:
        return Released()
    known = alerts.to_tell(connection, {each.alert_id: 0 for each in waiting if each.alert_id})
    judgements = _judged(connection, judge, waiting, known)
    merged = roll_up(connection, judge, waiting, known, judgements, new_id=new_id)
    for each in waiting:
        if each.alert_id in merged:
            judgements[each.id] = Judgement(state="cancelled", reason="rolled_up")
    deliveries.judge(connection, judgements, now)
    return _released(waiting, judgements)


def judge_again(connection: Connection, judge: Judge, waiting: Sequence[Waiting]) -> Released:
    """Keeps back those of these deliveries, let go before, that may not be tried any more."""
    known = alerts.to_tell(connection, {each.alert_id: 0 for each in waiting if each.alert_id})
    judgements = _judged(connection, judge, waiting, known)
    kept_back = {id_: each for id_, each in judgements.items() if each.state != "pending"}
    deliveries.judge(connection, kept_back, judge.now)
    return _released([each for each in waiting if each.id in kept_back], kept_back)


def _judged(
    connection: Connection,
    judge: Judge,
    waiting: Sequence[Waiting],
    known: Mapping[str, Alert],
) -> dict[str, Judgement]:
    behind = contexts(connection, [each.event_id for each in waiting])
    return {
        each.id: _judgement(
            partial(
                judge.of,
                each,
                known[each.alert_id] if each.alert_id else None,
                behind[each.event_id],
            ),
            delivery=each.id,
        )
        for each in waiting
    }


def _judgement(asked: Callable[[], Judgement], **about: str) -> Judgement:
    """What the judge says; where that breaks, what it was asked of goes out, and the others too."""
    try:
        return asked()
    except Exception:  # noqa: BLE001 - a missed page is worse than one too many
        _log.exception("judgement failed; it is sent", **about)
        return FREE


def _released(waiting: Sequence[Waiting], judgements: Mapping[str, Judgement]) -> Released:
    pairs = [(each, judgements[each.id]) for each in waiting]
    kept_back = [
        (each.route, _COUNTED.get(judgement.reason, judgement.reason))
        for each, judgement in pairs
        # What is judged again and stays as it was is counted once.
        if judgement.reason and (judgement.state != each.state or judgement.state == "pending")
    ]
    return Released(
        judged=len(waiting),
        sinks=frozenset(each.sink for each, judgement in pairs if judgement.state == "pending"),
        suppressed=tuple(kept_back),
    )


def remind(connection: Connection, judge: Judge, *, new_id: NewId, limit: int) -> Released:
    """Tells the sinks of up to so many alerts again that they are still open."""
    now = judge.now
    due = alerts.to_remind(connection, now, limit)
    if not due:
        return Released()
    after = [_reminded(alert, judge) for alert in due]
    alerts.save(connection, [alert for alert, _ in after], entries={}, now=now)
    owed = [each for _, some in after for each in some]
    deliveries.owe(connection, owed, now, [new_id("dlv", now) for _ in owed])
    return Released(judged=len(due), sinks=frozenset(each.sink for each in owed))


def _reminded(alert: Alert, judge: Judge) -> tuple[Alert, list[Owed]]:
    terms = judge.parts.terms.get(alert.route)
    repeat = terms.repeat_interval if terms else None
    if repeat is None or alert.status != "open":
        return replace(alert, remind_at=None), []
    later = replace(alert, remind_at=judge.now + repeat)
    if _judgement(partial(judge.of_open, alert), alert=alert.id).state != "pending":
        return later, []
    again, owed = reminded(later, now=judge.now)
    return again, [replace(each, judged=True) for each in owed]
