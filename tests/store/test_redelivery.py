from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.model.delivery import Settlement, Told
from gateway.store import deliveries, listing, redelivery
from tests.store.conftest import ON_SQLITE, a_try, plan_of, take_due

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def stored(connection: sa.Connection, make: Any) -> None:
    make.save(connection, make.alert("alr_1"), make.alert("alr_2"))


def claim(connection: sa.Connection, now: datetime) -> list[Any]:
    return take_due(connection, "slack", now=now, claim="clm", lease_until=now + HOUR, limit=9)


def die(connection: sa.Connection, now: datetime, reason: str = "gone") -> None:
    """The next delivery is tried and given up."""
    attempt = a_try(now, outcome="refused", reason=reason, status=410)
    settled = [
        Settlement(
            delivery_id=each.id,
            claim="clm",
            state="dead",
            reason=reason,
            attempt=attempt,
            told=Told(tried=True),
        )
        for each in claim(connection, now)
    ]
    deliveries.settle(connection, settled, now)


def shown(connection: sa.Connection, id_: str = "dlv_1") -> dict[str, Any]:
    item = listing.delivery(connection, id_)
    assert item is not None
    return item


def test_a_dead_delivery_is_tried_anew_with_what_is_so_by_now(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_1")
    die(connection, now)
    make.save(connection, make.alert("alr_1", revision=3))

    redelivery.retry(connection, ["dlv_1"], now)

    assert [each.id for each in deliveries.to_judge(connection, now, 9)] == ["dlv_1"]
    item = shown(connection)
    assert (item["status"], item["tries"], item["first_attempt_at"]) == ("pending", 0, None)
    assert len(item["attempts"]) == 1


def test_only_the_dead_can_be_tried_again(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_1")
    make.owe(connection, "dlv_2", sink="oncall")
    die(connection, now)

    assert redelivery.dead(connection, ids=["dlv_1", "dlv_2"]) == ["dlv_1"]
    redelivery.retry(connection, ["dlv_2"], now)
    assert shown(connection, "dlv_2")["next_attempt_at"] == now


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ({"sink": "slack"}, ["dlv_1", "dlv_2"]),
        ({"alert": "alr_2"}, ["dlv_2"]),
        ({"reason": "gone", "event": "evt_1", "route": "root"}, ["dlv_1", "dlv_2"]),
        ({"reason": "max_age"}, []),
    ],
)
def test_the_dead_are_chosen_by_what_is_known_of_them(
    connection: sa.Connection, make: Any, now: datetime, wanted: dict[str, str], ids: list[str]
) -> None:
    make.owe(connection, "dlv_1")
    make.owe(connection, "dlv_2", alert_id="alr_2")
    make.owe(connection, "dlv_3", sink="oncall")
    die(connection, now)

    assert redelivery.dead(connection, wanted=wanted) == ids


def test_what_waits_can_be_given_up(connection: sa.Connection, make: Any, now: datetime) -> None:
    make.owe(connection, "dlv_1", judged=False)
    make.owe(connection, "dlv_2", alert_id="alr_2")

    chosen = redelivery.unfinished(connection, wanted={"sink": "slack"})
    redelivery.cancel(connection, chosen, now)

    assert chosen == ["dlv_1", "dlv_2"]
    assert (claim(connection, now), deliveries.to_judge(connection, now, 9)) == ([], [])
    item = shown(connection)
    assert (item["status"], item["reason"], item["ended_at"]) == ("cancelled", "by_hand", now)


def test_what_is_being_sent_cannot_be_called_back(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_1")
    claim(connection, now)

    assert redelivery.unfinished(connection, ids=["dlv_1"]) == []
    redelivery.cancel(connection, ["dlv_1"], now)
    assert shown(connection)["status"] == "sending"


def test_what_was_first_tried_long_ago_is_given_up_and_nothing_dies_untried(
    connection: sa.Connection, make: Any, now: datetime
) -> None:
    make.owe(connection, "dlv_1")
    claimed = claim(connection, now)
    attempt = a_try(now, outcome="refused", reason="unauthorised", status=401)
    waits: dict[str, Any] = {"state": "pending", "reason": "", "next_attempt_at": now}
    settled = [
        Settlement(delivery_id=each.id, claim="clm", attempt=attempt, **waits) for each in claimed
    ]
    deliveries.settle(connection, settled, now)
    make.owe(connection, "dlv_2", alert_id="alr_2")

    early = deliveries.bury(connection, sink="slack", before=now, now=now + HOUR)
    other = deliveries.bury(connection, sink="oncall", before=now + HOUR, now=now + HOUR)
    died = deliveries.bury(connection, sink="slack", before=now + HOUR, now=now + HOUR)

    assert (early, other, died) == ([], [], ["dlv_1"])
    assert (shown(connection)["status"], shown(connection)["reason"]) == ("dead", "max_age")
    assert shown(connection, "dlv_2")["status"] == "pending"


@ON_SQLITE
@pytest.mark.parametrize(
    "act",
    [
        redelivery.retry,
        redelivery.cancel,
        lambda connection, ids, _now: redelivery.dead(connection, ids=ids),
        lambda connection, ids, _now: redelivery.unfinished(connection, ids=ids),
    ],
    ids=["retry", "cancel", "dead", "unfinished"],
)
def test_many_are_looked_up_without_a_look_at_all_that_there_are(
    connection: sa.Connection, now: datetime, *, act: Callable[..., object]
) -> None:
    ids = [f"dlv_{number}" for number in range(900)]

    first, *_ = plan_of(connection, lambda: act(connection, ids, now))

    assert first == "SEARCH deliveries USING INDEX sqlite_autoindex_deliveries_1 (id=?)"
