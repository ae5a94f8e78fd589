from datetime import UTC, datetime, timedelta

import pytest

from gateway.model.exchange import Delivered, Refused, TryAgain
from gateway.pipeline.retry import Again, Dead, Decision, Done, Policy, decide

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
AGAIN = TryAgain(reason="network")


PLAIN = Policy()


def decided(
    outcome: Delivered | TryAgain | Refused,
    *,
    attempt: int = 1,
    age: float = 0.0,
    policy: Policy = PLAIN,
    jitter: float = 0.0,
) -> Decision:
    return decide(
        outcome,
        attempt=attempt,
        first_attempt_at=NOON - timedelta(seconds=age),
        now=NOON,
        policy=policy,
        random=lambda: jitter,
    )


def wait(decision: Decision) -> float:
    assert isinstance(decision, Again)
    return (decision.at - NOON).total_seconds()


def test_waits_double_from_five_seconds_to_an_hour() -> None:
    waits = [wait(decided(AGAIN, attempt=attempt)) for attempt in range(1, 13)]

    assert waits == [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]


def test_no_number_of_attempts_overflows() -> None:
    assert wait(decided(AGAIN, attempt=100_000)) == 3600


def test_jitter_only_lengthens_a_wait() -> None:
    assert wait(decided(AGAIN, jitter=1.0)) == 5.5


def test_longest_wait_is_the_policy_s() -> None:
    assert wait(decided(AGAIN, attempt=9, policy=Policy(max_wait=120))) == 120


def test_delivery_dies_when_its_next_try_would_be_too_old() -> None:
    day = 28 * 3600

    assert wait(decided(AGAIN, attempt=20, age=day - 3601)) == 3600
    assert decided(AGAIN, attempt=20, age=day - 3599) == Dead(reason="max_age")


@pytest.mark.parametrize(
    ("asked", "expected"), [(0.0, 5), (2.0, 5), (30.0, 30), (3600.0, 3600), (86_400.0, 3600)]
)
def test_what_the_sink_asks_for_only_extends_and_is_capped(asked: float, expected: float) -> None:
    decision = decided(TryAgain(reason="rate_limited", retry_after=asked))

    assert wait(decision) == expected
    assert isinstance(decision, Again)
    assert decision.pause


def test_ordinary_failure_pauses_nobody_else() -> None:
    decision = decided(AGAIN)

    assert isinstance(decision, Again)
    assert not decision.pause


def test_delivered_is_done_and_refused_is_dead() -> None:
    assert decided(Delivered()) == Done()
    assert decided(Refused(reason="unauthorised")) == Dead(reason="unauthorised")


def test_clock_that_went_back_makes_no_negative_age() -> None:
    assert wait(decided(AGAIN, age=-7200)) == 5


def test_a_try_that_may_have_got_through_is_repeated_unless_told_otherwise() -> None:
    unclear = TryAgain(reason="timeout", ambiguous=True)

    assert isinstance(decided(unclear), Again)
    assert decided(unclear, policy=Policy(on_ambiguous="dead")) == Dead(reason="ambiguous")
    assert isinstance(decided(AGAIN, policy=Policy(on_ambiguous="dead")), Again)
