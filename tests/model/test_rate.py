from datetime import UTC, datetime, timedelta

import pytest

from gateway.model.rate import Bucket, Rate, full

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def sent_in(rate: Rate, seconds: int) -> int:
    """How many a sink gets that has endless work, asked ten times a second."""
    bucket, sent = full(rate, NOON), 0
    for tick in range(seconds * 10):
        bucket = bucket.filled(rate, NOON + timedelta(seconds=tick / 10))
        taken = bucket.whole
        bucket, sent = bucket.without(taken), sent + taken
    return sent


@pytest.mark.parametrize(
    ("rate", "most"),
    [(Rate(1, 1), 60), (Rate(120, 60), 121), (Rate(10, 60), 10), (Rate(50, 1), 3045)],
)
def test_no_more_is_sent_than_the_rate_allows(rate: Rate, most: int) -> None:
    assert sent_in(rate, 60) == most


def test_a_minutes_worth_never_goes_at_once() -> None:
    assert full(Rate(120, 60), NOON).tokens == 2


def test_an_empty_bucket_says_when_one_may_be_sent() -> None:
    rate = Rate(10, 60)

    assert full(rate, NOON).without(1).next_at(rate) == NOON + timedelta(seconds=6)
    assert full(rate, NOON).next_at(rate) == NOON


def test_a_clock_that_is_turned_back_neither_gives_nor_takes() -> None:
    bucket = Bucket(0.5, NOON)

    back = bucket.filled(Rate(1, 1), NOON - timedelta(hours=1))

    assert (back.tokens, back.at) == (0.5, NOON - timedelta(hours=1))
