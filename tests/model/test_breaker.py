from datetime import UTC, datetime, timedelta

from gateway.model.breaker import FAILURES, Breaker

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
CLOSED = Breaker()
OPEN = CLOSED.after("refused", NOON)


def failing(times: int, breaker: Breaker = CLOSED) -> Breaker:
    for _ in range(times):
        breaker = breaker.after("ill", NOON)
    return breaker


def test_ten_failures_in_a_row_open_it() -> None:
    almost = failing(FAILURES - 1)

    assert not almost.is_open
    assert almost.after("ill", NOON).is_open


def test_a_success_between_them_begins_the_count_anew() -> None:
    again = failing(FAILURES - 1, failing(FAILURES - 1).after("well", NOON))

    assert not again.is_open


def test_a_refusal_of_the_endpoint_opens_it_at_once() -> None:
    assert OPEN.is_open


def test_a_success_closes_it() -> None:
    assert OPEN.after("well", NOON) == Breaker()


def test_closed_it_lets_everything_through() -> None:
    assert Breaker().lets(4, NOON) == 4


def test_open_it_lets_one_through_when_its_time_has_come() -> None:
    assert [OPEN.lets(4, NOON + seconds * SECOND) for seconds in (0, 14, 15, 99)] == [0, 0, 1, 1]
    assert OPEN.lets(0, NOON + 99 * SECOND) == 0


def test_the_waits_between_probes_double_up_to_two_minutes() -> None:
    breaker, waits = OPEN, []
    for _ in range(8):
        breaker = breaker.probed(NOON)
        assert breaker.probe_at is not None
        waits.append((breaker.probe_at - NOON).total_seconds())

    assert waits == [30, 60, 120, 120, 120, 120, 120, 120]


def test_what_fails_while_it_is_open_puts_no_probe_off() -> None:
    probed = OPEN.probed(NOON)

    assert probed.after("ill", NOON + SECOND).probe_at == probed.probe_at
    assert probed.after("refused", NOON + SECOND).open_since == NOON


def test_half_opened_it_lets_one_through_at_once_and_the_waits_begin_anew() -> None:
    probed = OPEN.probed(NOON).probed(NOON).probed(NOON)

    again = probed.half_opened(NOON)

    assert again.lets(4, NOON) == 1
    assert again.probed(NOON).probe_at == NOON + 30 * SECOND
    assert Breaker().half_opened(NOON) == Breaker()
