from datetime import UTC, datetime, timedelta

from gateway.alerting.budget import current, one_more, rollup_group
from gateway.alerting.terms import Terms
from gateway.model.budget import Spent

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TERMS = Terms(most=2, period=timedelta(hours=1))


def test_a_period_begins_with_its_first_alert() -> None:
    assert current(None, TERMS, NOON) == Spent(since=NOON, opened=0)


def test_a_period_lasts_until_it_is_over() -> None:
    spent = Spent(since=NOON, opened=2)

    assert current(spent, TERMS, NOON + timedelta(minutes=59)) == spent
    assert current(spent, TERMS, NOON + timedelta(hours=1)).opened == 0


def test_no_more_than_the_budget_may_be_opened() -> None:
    spent = current(None, TERMS, NOON)
    opened = 0
    while (more := one_more(spent, TERMS)) is not None:
        spent, opened = more, opened + 1

    assert opened == TERMS.most


def test_each_period_has_a_roll_up_of_its_own() -> None:
    first, second = (Spent(since=NOON + timedelta(hours=each), opened=2) for each in range(2))

    assert rollup_group(first) != rollup_group(second)
