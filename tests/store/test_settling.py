from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.model.delivery import Attempt, Settlement, Told
from gateway.store import deliveries, listing
from tests.store.conftest import ON_SQLITE, a_try, plan_of, take_due

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def claimed(connection: sa.Connection, make: Any, now: datetime) -> None:
    make.save(connection, make.alert("alr_1"), make.alert("alr_2"))
    make.owe(connection, "dlv_1")
    make.owe(connection, "dlv_2", alert_id="alr_2")
    take(connection, now)


def take(connection: sa.Connection, now: datetime, claim: str = "clm") -> Any:
    return take_due(connection, "slack", now=now, claim=claim, lease_until=now + HOUR, limit=9)


def settlement(id_: str = "dlv_1", state: Any = "delivered", **more: Any) -> Settlement:
    return Settlement(**{"delivery_id": id_, "claim": "clm", "state": state, "reason": ""} | more)


def attempt(now: datetime, number: int = 1, **more: Any) -> Attempt:
    given = {"ended_at": now + SECOND, "reason": "server_error", "status": 503, "detail": "busy"}
    return a_try(now, number=number, **given | more)


def shown(connection: sa.Connection, id_: str = "dlv_1") -> dict[str, Any]:
    item = listing.delivery(connection, id_)
    assert item is not None
    return item


def test_a_delivery_that_got_through_has_ended(connection: sa.Connection, now: datetime) -> None:
    done = settlement(attempt=attempt(now, outcome="delivered", status=200))

    assert deliveries.settle(connection, [done], now + SECOND) == [True]

    item = shown(connection)
    assert (item["status"], item["tries"], item["next_attempt_at"]) == ("delivered", 1, None)
    assert (item["first_attempt_at"], item["ended_at"]) == (now, now + SECOND)


@ON_SQLITE
def test_a_failed_try_is_settled_without_a_look_at_all_that_waits(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    alerts = [f"alr_{number}" for number in range(10, 18)]  # one is looked up in another way
    make.save(connection, *(make.alert(id_) for id_ in alerts))
    for id_ in alerts:
        make.owe(connection, f"dlv_{id_}", alert_id=id_)
    take(connection, now)
    failed = [
        settlement(f"dlv_{id_}", state="pending", next_attempt_at=now + HOUR, attempt=attempt(now))
        for id_ in alerts
    ]

    plan = plan_of(connection, lambda: deliveries.settle(connection, failed, now))

    assert not [step for step in plan if "deliveries_by_state" in step or step.startswith("SCAN")]


def test_a_failed_try_is_written_down_with_the_time_of_the_next(
    connection: sa.Connection, now: datetime
) -> None:
    failed = settlement(
        state="pending", reason="server_error", next_attempt_at=now + HOUR, attempt=attempt(now)
    )

    deliveries.settle(connection, [failed], now)

    item = shown(connection)
    assert (item["status"], item["reason"], item["tries"]) == ("pending", "server_error", 1)
    assert (item["next_attempt_at"], item["ended_at"]) == (now + HOUR, None)
    assert item["attempts"] == [
        {
            "number": 1,
            "started_at": now,
            "ended_at": now + SECOND,
            "outcome": "try_again",
            "reason": "server_error",
            "status": 503,
            "detail": "busy",
        }
    ]


def test_the_first_attempt_stays_the_first(connection: sa.Connection, now: datetime) -> None:
    for number in (1, 2):
        at = now + number * HOUR
        again = settlement(state="pending", next_attempt_at=at, attempt=attempt(at, number))
        deliveries.settle(connection, [again], at)
        take(connection, at)

    item = shown(connection)
    assert (item["first_attempt_at"], item["tries"]) == (now + HOUR, 2)
    assert [each["number"] for each in item["attempts"]] == [1, 2]


def test_only_the_claim_that_holds_it_counts(connection: sa.Connection, now: datetime) -> None:
    answers = deliveries.settle(
        connection,
        [settlement(claim="stranger", attempt=attempt(now)), settlement("unknown")],
        now,
    )

    assert answers == [False, False]
    assert (shown(connection)["status"], shown(connection)["attempts"]) == ("sending", [])


def test_a_claim_counts_once(connection: sa.Connection, now: datetime) -> None:
    twice = [settlement(), settlement(state="dead"), settlement("dlv_2")]

    assert deliveries.settle(connection, twice, now) == [True, False, True]
    assert deliveries.settle(connection, [settlement(state="dead")], now) == [False]
    assert shown(connection)["status"] == "delivered"


def test_a_worker_that_outlived_its_lease_writes_nothing(
    connection: sa.Connection, now: datetime
) -> None:
    take(connection, now + HOUR, claim="next")

    late = settlement(told=Told(revision=1), pause_until=now + 9 * HOUR, attempt=attempt(now))

    assert deliveries.settle(connection, [late], now + HOUR) == [False]
    assert shown(connection)["status"] == "sending"
    assert deliveries.settle(connection, [settlement(claim="next")], now + HOUR) == [True]


def test_what_the_sink_knows_is_kept_for_the_next_delivery(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    told = Told(revision=1, tried=True, closed=True, receipt={"ts": "1.2", "channel": "C0"})
    deliveries.settle(connection, [settlement(told=told), settlement("dlv_2")], now)
    make.owe(connection, "dlv_3", revision=2)
    make.owe(connection, "dlv_4", alert_id="alr_2", revision=2)

    first, second = take(connection, now)

    assert (first.told, second.told) == (told, Told(tried=True))


def test_a_pause_is_only_ever_extended(connection: sa.Connection, now: datetime) -> None:
    long = settlement(state="pending", next_attempt_at=now, pause_until=now + 2 * HOUR)
    short = settlement("dlv_2", "pending", next_attempt_at=now, pause_until=now + HOUR)

    deliveries.settle(connection, [long, short], now)

    assert deliveries.next_due(connection, "slack", now=now) == now + 2 * HOUR


def test_a_move_that_the_table_forbids_is_a_bug(connection: sa.Connection, now: datetime) -> None:
    with pytest.raises(ValueError, match="dlv_1 cannot go from sending to muted"):
        deliveries.settle(connection, [settlement(state="muted")], now)


def test_nothing_to_settle_is_nothing_written(connection: sa.Connection, now: datetime) -> None:
    assert deliveries.settle(connection, [], now) == []


def test_later_revision_takes_the_place_of_what_is_tried_again(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_3", revision=2, severity=4)

    again = settlement(state="pending", attempt=attempt(now), next_attempt_at=now + HOUR)
    deliveries.settle(connection, [again], now)

    first, second = shown(connection), shown(connection, "dlv_3")
    assert (first["status"], first["revision"], first["severity"]) == ("pending", 2, "critical")
    assert (second["status"], second["reason"]) == ("cancelled", "superseded")


def test_later_revision_waits_behind_a_try_that_may_have_got_through(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_3", revision=2)

    again = settlement(
        state="pending", attempt=attempt(now), next_attempt_at=now + HOUR, ambiguous=True
    )
    deliveries.settle(connection, [again], now)

    assert (shown(connection)["revision"], shown(connection, "dlv_3")["status"]) == (1, "pending")
