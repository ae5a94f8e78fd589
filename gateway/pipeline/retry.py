"""Outcome and attempt in, what happens next out; the schedule itself is in the store."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from tenacity import Future, RetryCallState, stop_before_delay, wait_exponential
from tenacity.stop import stop_base
from tenacity.wait import wait_base

from gateway.model.exchange import Delivered, Outcome, Recorded, Refused, TryAgain

FIRST_WAIT = 5.0
"""Seconds before the second try; each further wait doubles."""
JITTER = 0.1
"""A wait grows by up to this share of itself, so that what failed together returns apart."""
MOST_ASKED = 3600.0
"""Longest wait that a sink may ask for, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How long a sink is tried; seconds."""

    max_age: float = 28 * 3600.0
    max_wait: float = 3600.0
    on_ambiguous: Literal["retry", "dead"] = "retry"
    """What becomes of a try that may have got through, where nobody could tell it from another."""


@dataclass(frozen=True, slots=True)
class Done:
    """Delivered, or recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """Another try at that time; `pause` says that the whole sink waits for it."""

    at: datetime
    pause: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dead:
    """Given up."""

    reason: str


Decision = Done | Again | Dead


def decide(
    outcome: Outcome,
    *,
    attempt: int,
    first_attempt_at: datetime,
    now: datetime,
    policy: Policy,
    random: Callable[[], float],
) -> Decision:
    """What becomes of a delivery after its `attempt`-th try (from 1)."""
    match outcome:
        case Delivered() | Recorded():
            return Done()
        case Refused(reason=reason, endpoint=False):
            return Dead(reason=reason)
        case TryAgain(ambiguous=True) if policy.on_ambiguous == "dead":
            return Dead(reason="ambiguous")
        case TryAgain() | Refused():
            # Who refuses everybody has not refused this one: it waits until that is mended.
            asked = outcome.retry_after if isinstance(outcome, TryAgain) else None
            age = max((now - first_attempt_at).total_seconds(), 0.0)
            wait = next_delay(
                attempt,
                age,
                wait_exponential(multiplier=FIRST_WAIT, max=policy.max_wait),
                stop_before_delay(policy.max_age),
            )
            if wait is None:
                return Dead(reason="max_age")
            wait *= 1 + JITTER * random()
            longest = max(wait, min(asked or 0.0, MOST_ASKED))
            return Again(at=now + timedelta(seconds=longest), pause=asked is not None)


def next_delay(attempt: int, age: float, wait: wait_base, stop: stop_base) -> float | None:
    """Seconds until the next try of a stored delivery, or None when it is dead.

    `age` is seconds since the first try. The one place that makes tenacity's state by hand.
    """
    state = RetryCallState(None, None, (), {})  # type: ignore[arg-type]  # no call is retried here
    state.attempt_number = attempt
    state.start_time, state.outcome_timestamp = 0.0, age
    state.outcome = Future.construct(attempt, None, False)  # noqa: FBT003 - tenacity's signature
    state.upcoming_sleep = wait(state)
    return None if stop(state) else state.upcoming_sleep
