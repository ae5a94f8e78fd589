from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.model.delivery import Judgement
from gateway.store import deliveries, listing
from tests.store.conftest import ON_SQLITE, take_due

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def stored(connection: sa.Connection, make: Any) -> None:
    make.save(connection, make.alert("alr_1"), make.alert("alr_2"))


def claimed(connection: sa.Connection, now: datetime) -> list[str]:
    lease = now + HOUR
    found = take_due(connection, "slack", now=now, claim="clm", lease_until=lease, limit=9)
    return [each.id for each in found]


def waiting(connection: sa.Connection, now: datetime) -> list[str]:
    return [each.id for each in deliveries.to_judge(connection, now, 9)]


def test_what_was_not_judged_yet_cannot_be_claimed(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_1", judged=False)

    assert claimed(connection, now) == []
    assert waiting(connection, now) == ["dlv_1"]


def test_what_is_due_later_is_judged_then_though_nothing_could_hold_it_now(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_1", judged=True, due=now + HOUR)

    assert (claimed(connection, now), waiting(connection, now)) == ([], [])
    assert waiting(connection, now + HOUR) == ["dlv_1"]
    assert deliveries.next_judgement(connection) == now + HOUR


@pytest.mark.parametrize("state", ["held", "muted"])
def test_what_is_kept_back_is_judged_anew_when_its_time_has_come(
    connection: sa.Connection, make: Any, now: datetime, state: Any
) -> None:
    make.owe(connection, "dlv_1", judged=False)
    kept = Judgement(state=state, reason="why", muted_by="who", again_at=now + HOUR)

    deliveries.judge(connection, {"dlv_1": kept}, now)

    assert (claimed(connection, now), waiting(connection, now)) == ([], [])
    assert waiting(connection, now + HOUR) == ["dlv_1"]
    shown = listing.delivery(connection, "dlv_1")
    assert shown is not None
    assert (shown["status"], shown["reason"], shown["muted_by"]) == (state, "why", "who")
    assert shown["next_attempt_at"] == now + HOUR


def test_what_is_let_go_can_be_claimed(connection: sa.Connection, make: Any, now: datetime) -> None:
    make.owe(connection, "dlv_1", judged=False)

    deliveries.judge(connection, {"dlv_1": Judgement(state="pending")}, now)

    assert claimed(connection, now) == ["dlv_1"]
    assert waiting(connection, now) == []


def test_what_is_dropped_has_ended(connection: sa.Connection, make: Any, now: datetime) -> None:
    make.owe(connection, "dlv_1", judged=False)

    deliveries.judge(connection, {"dlv_1": Judgement(state="cancelled", reason="outside")}, now)

    assert waiting(connection, now) == []
    shown = listing.delivery(connection, "dlv_1")
    assert shown is not None
    assert (shown["status"], shown["reason"], shown["ended_at"]) == ("cancelled", "outside", now)


def test_a_later_revision_takes_the_place_of_what_is_muted_and_is_judged_when_it_is_due(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_1", judged=False)
    muted = Judgement(state="muted", reason="silenced", again_at=now + 9 * HOUR)
    deliveries.judge(connection, {"dlv_1": muted}, now)

    make.owe(connection, "dlv_2", revision=2, due=now + HOUR)

    assert [
        (each.id, each.revision) for each in deliveries.to_judge(connection, now + HOUR, 9)
    ] == [("dlv_1", 2)]


def test_only_what_is_muted_for_that_reason_is_judged_anew(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    for number, reason in enumerate(["silenced", "inhibited"], 1):
        make.owe(connection, f"dlv_{number}", alert_id=f"alr_{number}", judged=False)
        muted = Judgement(state="muted", reason=reason, again_at=now + HOUR)
        deliveries.judge(connection, {f"dlv_{number}": muted}, now)

    deliveries.rejudge(connection, "muted", now=now, reason="inhibited")

    assert waiting(connection, now) == ["dlv_2"]


def test_what_a_sink_was_told_is_known_to_the_judge(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_1")
    claimed(connection, now)
    deliveries.recover(connection)
    make.owe(connection, "dlv_2", revision=2, judged=False)

    (one,) = deliveries.to_judge(connection, now, 9)

    assert (one.id, one.told.tried) == ("dlv_2", True)


def test_a_try_tells_the_alert_as_it_is_by_then(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_1")
    make.save(connection, make.alert("alr_1", revision=3))

    lease = now + HOUR
    (one,) = take_due(connection, "slack", now=now, claim="clm", lease_until=lease, limit=9)

    assert one.revision == 3


@ON_SQLITE
def test_a_try_that_may_have_got_through_is_repeated_as_it_was(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_1")
    claimed(connection, now)
    deliveries.recover(connection)
    make.save(connection, make.alert("alr_1", revision=3))

    lease = now + HOUR
    (one,) = take_due(connection, "slack", now=now, claim="clm", lease_until=lease, limit=9)

    assert one.revision == 1


def test_a_single_event_is_owed_once_however_often_it_is_dispatched(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    for number in range(2):
        deliveries.owe(connection, [make.single("event-1")], now, [f"dlv_{number}"])

    assert claimed(connection, now) == ["dlv_0"]


def test_what_was_let_go_and_not_tried_is_judged_once_more(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_1")
    make.owe(connection, "dlv_2", alert_id="alr_2", sink="oncall")
    take_due(connection, "oncall", now=now, claim="c", lease_until=now + HOUR, limit=9)

    assert deliveries.rejudge_untried(connection, now) == 1

    assert (claimed(connection, now), waiting(connection, now)) == ([], ["dlv_1"])


def test_of_a_long_queue_only_some_are_judged_once_more_at_once(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    owed = [make.single(f"event-{number}") for number in range(1001)]
    deliveries.owe(connection, owed, now, [f"dlv_{number}" for number in range(1001)])

    assert deliveries.rejudge_untried(connection, now) == 1000
