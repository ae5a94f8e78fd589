"""How a claimed delivery goes on, in the words of the store."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Literal, assert_never

from gateway.model.delivery import Attempt, Delivery, Settlement
from gateway.model.exchange import Delivered, Outcome, Recorded, Refused, TryAgain
from gateway.pipeline.attempt import Tried
from gateway.pipeline.health import health_of
from gateway.pipeline.retry import Again, Dead, Decision, Done

# Enough of an answer to see what was wrong; attempts are kept by the thousand.
_MOST_DETAIL = 500
# A message whole, in all but the largest cases: it is all that becomes of it.
_MOST_RECORDED = 16 * 1024
RECORDED = "recorded"


def cancelled(delivery: Delivery) -> Settlement:
    """There was nothing left to tell."""
    return Settlement(
        delivery_id=delivery.id,
        claim=delivery.claim,
        state="cancelled",
        reason="nothing_to_tell",
        lane=delivery.lane,
    )


def put_off(delivery: Delivery, lane: str, now: datetime) -> Settlement:
    """Its lane has to wait: from now on it is claimed in the lane's turn."""
    return Settlement(
        delivery_id=delivery.id,
        claim=delivery.claim,
        state="pending",
        reason="rate",
        next_attempt_at=now,
        told=delivery.told,
        lane=lane,
    )


def attempted(
    delivery: Delivery,
    outcome: Outcome,
    started: datetime,
    ended: datetime,
    redact: Callable[[str], str],
) -> Attempt:
    """The try as it is written down."""
    most = _MOST_RECORDED if isinstance(outcome, Recorded) else _MOST_DETAIL
    return Attempt(
        number=delivery.attempts + 1,
        started_at=started,
        ended_at=ended,
        outcome=_WORDS[type(outcome)],
        reason=_reason(outcome),
        status=outcome.status,
        detail=redact(outcome.detail)[:most],
    )


def settled(delivery: Delivery, tried: Tried, decision: Decision, attempt: Attempt) -> Settlement:
    """What a try and the decision about it come to."""
    written = Settlement(
        delivery_id=delivery.id,
        claim=delivery.claim,
        state="delivered",
        reason=RECORDED if isinstance(tried.outcome, Recorded) else "",
        attempt=attempt,
        told=tried.told,
        ambiguous=isinstance(tried.outcome, TryAgain) and tried.outcome.ambiguous,
        health=health_of(tried.outcome),
        lane=tried.lane,
    )
    match decision:
        case Done():
            return written
        case Dead(reason=reason):
            return replace(written, state="dead", reason=reason)
        case Again(at=at, pause=pause):
            return replace(
                written,
                state="pending",
                reason=attempt.reason,
                next_attempt_at=at,
                pause_until=at if pause else None,
            )
        case _:
            assert_never(decision)


def _reason(outcome: Outcome) -> str:
    match outcome:
        case Delivered():
            return "delivered"
        case Recorded():
            return RECORDED
        case TryAgain(reason=reason) | Refused(reason=reason):
            return reason


_WORDS: Mapping[type[Outcome], Literal["delivered", "try_again", "refused"]] = {
    Delivered: "delivered",
    Recorded: "delivered",
    TryAgain: "try_again",
    Refused: "refused",
}
