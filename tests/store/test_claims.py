from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.model.delivery import Delivery, Settlement, Told
from gateway.model.rate import Pace, Rate
from gateway.store import deliveries, sinks
from tests.store.conftest import ON_SQLITE, a_try, plan_of, take_due

SECOND = timedelta(seconds=1)
LEASE = timedelta(seconds=90)


@pytest.fixture(autouse=True)
def alerts(connection: sa.Connection, make: Any) -> Any:
    made = [make.alert(f"alr_{number}") for number in range(1, 7)]
    make.save(connection, *made)
    return made


def take(
    connection: sa.Connection, now: datetime, *, claim: str = "clm", limit: int = 99, **more: Any
) -> list[Delivery]:
    return take_due(
        connection, "slack", now=now, claim=claim, lease_until=now + LEASE, limit=limit, **more
    )


def ids(claimed: list[Delivery]) -> list[str]:
    return [delivery.id for delivery in claimed]


def settle(connection: sa.Connection, id_: str, state: Any, now: datetime, **more: Any) -> None:
    settlement = Settlement(delivery_id=id_, claim="clm", state=state, reason="", **more)
    assert deliveries.settle(connection, [settlement], now) == [True]


def test_a_claimed_delivery_brings_all_that_a_try_needs(
    connection: sa.Connection, make: Any, alerts: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_1")

    (delivery,) = take(connection, now)

    assert delivery == Delivery(
        id="dlv_1",
        sink="slack",
        revision=1,
        attempts=0,
        first_attempt_at=None,
        accepted_at=now,
        event_id="evt_1",
        claim="clm",
        alert_key="key-of-alr_1",
        route="root",
        event=make.event(),
        alert=alerts[0],
        told=Told(),
    )


def test_what_is_claimed_is_not_claimed_again(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_1")
    take(connection, now)

    assert take(connection, now + SECOND) == []


def test_the_worst_go_first_then_the_earliest_due(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    for number, severity in enumerate((1, 4, 0, 4, 3), start=1):
        make.owe(connection, f"dlv_{number}", alert_id=f"alr_{number}", severity=severity)
    connection.exec_driver_sql(
        "UPDATE deliveries SET next_attempt_at = next_attempt_at - 1 WHERE id = 'dlv_4'"
    )

    assert ids(take(connection, now, limit=2)) == ["dlv_4", "dlv_2"]
    assert ids(take(connection, now)) == ["dlv_5", "dlv_1", "dlv_3"]


def test_only_what_is_due_for_this_sink(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_1")
    make.owe(connection, "dlv_2", sink="oncall")

    assert take(connection, now - SECOND) == []
    assert ids(take(connection, now)) == ["dlv_1"]


def test_a_later_delivery_waits_while_an_earlier_one_is_in_flight(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_1")
    take(connection, now)
    make.owe(connection, "dlv_2", revision=2, severity=4)

    assert take(connection, now) == []
    settle(connection, "dlv_1", "delivered", now)
    assert ids(take(connection, now)) == ["dlv_2"]


def test_and_while_an_ambiguous_one_waits_for_its_next_try(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_1")
    take(connection, now)
    settle(connection, "dlv_1", "pending", now, next_attempt_at=now + LEASE, ambiguous=True)
    make.owe(connection, "dlv_2", revision=2, severity=4)

    assert take(connection, now) == []
    assert ids(take(connection, now + LEASE)) == ["dlv_1"]


def test_other_alerts_and_sinks_do_not_wait(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_1")
    take(connection, now)
    make.owe(connection, "dlv_2", alert_id="alr_2")

    assert ids(take(connection, now)) == ["dlv_2"]


def test_a_delivery_whose_lease_ran_out_is_claimed_again(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_1")
    take(connection, now)

    assert take(connection, now + LEASE - SECOND) == []
    assert ids(take(connection, now + LEASE, claim="other")) == ["dlv_1"]


def test_and_counts_as_ambiguous_since_its_try_may_have_got_through(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_1")
    take(connection, now)

    deliveries.recover(connection)

    assert make.owe(connection, "dlv_2", revision=2) == "dlv_2"


def test_leases_may_run_on_a_clock_of_their_own(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_1")
    take(connection, now)

    assert take(connection, now + timedelta(days=1), lease_now=now) == []


@ON_SQLITE
def test_after_a_crash_everything_in_flight_is_due(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_1")
    make.owe(connection, "dlv_2", alert_id="alr_2")
    take(connection, now)

    assert deliveries.recover(connection) == 2
    assert ids(take(connection, now)) == ["dlv_1", "dlv_2"]


def test_a_paused_sink_gives_nothing_until_the_pause_is_over(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_1")
    make.owe(connection, "dlv_2", alert_id="alr_2")
    take(connection, now, limit=1)
    settle(connection, "dlv_1", "delivered", now, pause_until=now + LEASE)

    assert take(connection, now + LEASE - SECOND) == []
    assert ids(take(connection, now + LEASE)) == ["dlv_2"]


@ON_SQLITE
def test_an_opening_counts_as_tried_from_its_claim_on(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_1")
    take(connection, now)
    deliveries.recover(connection)

    (delivery,) = take(connection, now)

    assert delivery.told == Told(tried=True)


def test_a_claim_leaves_what_was_told(connection: sa.Connection, make: Any, now: datetime) -> None:
    told = Told(revision=1, tried=True, receipt={"ts": "1.2"})
    make.owe(connection, "dlv_1")
    take(connection, now)
    settle(connection, "dlv_1", "delivered", now, told=told)
    for id_ in ("dlv_2", "dlv_3"):
        make.owe(connection, id_, revision=2)
        (delivery,) = take(connection, now)
        settle(connection, delivery.id, "cancelled", now)

        assert delivery.told == told


def test_next_due_is_the_first_wait_of_any_rank(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_1", severity=4)
    take(connection, now)
    settle(connection, "dlv_1", "pending", now, next_attempt_at=now + LEASE)
    make.owe(connection, "dlv_2", alert_id="alr_2", severity=1)

    assert deliveries.next_due(connection, "slack", now=now) == now
    assert deliveries.next_due(connection, "oncall", now=now) is None


def test_next_due_leaves_out_what_waits_behind_another(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_1")
    take(connection, now)
    make.owe(connection, "dlv_2", revision=2)

    assert deliveries.next_due(connection, "slack", now=now) is None


def test_next_due_is_never_before_the_pause_ends(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_1")
    take(connection, now)
    settle(connection, "dlv_1", "pending", now, next_attempt_at=now, pause_until=now + LEASE)

    assert deliveries.next_due(connection, "slack", now=now) == now + LEASE


@ON_SQLITE
def test_a_claim_seeks_in_the_indexes_however_many_rows_there_are(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    ids_of_alerts = [f"alr_{number}" for number in range(8)]  # one is looked up in another way
    make.save(connection, *(make.alert(id_) for id_ in ids_of_alerts))
    for id_ in ids_of_alerts:
        make.owe(connection, f"dlv_{id_}", alert_id=id_)

    def ask() -> None:
        assert len(take(connection, now)) == 8
        deliveries.next_due(connection, "slack", now=now)

    plan = plan_of(connection, ask)

    # What a look at one rank has found is a few rows, which have no name.
    assert not [step for step in plan if step.startswith("SCAN") and "anon_" not in step]
    assert all("deliveries_" in step for step in plan if " deliveries" in step)
    assert not [step for step in plan if step.endswith("deliveries_due (sink=?)")]  # all of it


@ON_SQLITE
def test_the_event_of_an_alert_is_read_once(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_1")

    plan = plan_of(connection, lambda: take(connection, now))

    assert [step.split()[:2] for step in plan].count(["SEARCH", "events"]) == 1


def test_alerts_under_one_key_reach_a_sink_in_order(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    """They share an alias there: the close of the first must not overtake the second's opening."""
    resolved = make.alert("alr_1", status="resolved", resolved_at=now)
    make.save(connection, resolved, make.alert("alr_2"))
    make.owe(connection, "dlv_1", alert_key="shared")
    make.owe(connection, "dlv_2", alert_id="alr_2", alert_key="shared")

    claimed = take_due(
        connection, "slack", now=now, claim="clm", lease_until=now + timedelta(hours=1), limit=9
    )

    assert [one.id for one in claimed] == ["dlv_1"]


def let_go(connection: sa.Connection, now: datetime, **more: Any) -> list[tuple[str, Any]]:
    """What is due, and when it was let go where it was never tried."""
    found = deliveries.due(connection, "slack", now=now, **{"limit": 99, **more})
    return [(each.id, each.let_go_at) for each in found]


def test_what_is_due_says_since_when_it_waits_for_its_first_try(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    for number, severity in enumerate((1, 4, 3), start=1):
        make.owe(connection, f"dlv_{number}", alert_id=f"alr_{number}", severity=severity)
    make.owe(connection, "dlv_4", sink="oncall")
    later = now + 2 * SECOND

    assert let_go(connection, later) == [("dlv_2", now), ("dlv_3", now), ("dlv_1", now)]
    assert let_go(connection, later, limit=2) == [("dlv_2", now), ("dlv_3", now)]
    assert ids(take(connection, later)) == ["dlv_2", "dlv_3", "dlv_1"]


def test_nothing_is_due_that_may_not_be_tried(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_1")
    pace = Pace(Rate(1, 60.0))
    sinks.pause(connection, "slack", paused=True)
    paused = let_go(connection, now + 2 * SECOND)
    sinks.pause(connection, "slack", paused=False)
    make.owe(connection, "dlv_2", alert_id="alr_2")
    take(connection, now, pace=pace)

    assert paused == []
    assert let_go(connection, now + 2 * SECOND, pace=pace) == []
    assert let_go(connection, now + 60 * SECOND, pace=pace) == [("dlv_2", now)]


def test_what_was_tried_or_in_flight_is_judged_no_more(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_1")
    make.owe(connection, "dlv_2", alert_id="alr_2")
    take(connection, now)
    settle(connection, "dlv_1", "pending", now, next_attempt_at=now, attempt=a_try(now))

    assert let_go(connection, now + 2 * LEASE) == [("dlv_1", None), ("dlv_2", None)]
