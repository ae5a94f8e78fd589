"""The oracle by itself: what it lets pass, and what it does not."""

from dataclasses import replace

import pytest

from tests.faults.oracle import (
    KEEP_ALERTS,
    Acknowledged,
    Copies,
    Evidence,
    Kill,
    Receipt,
    Webhook,
    What,
    judge,
)

FOUND = Webhook("d1", "shop", opens=True)
FIXED = Webhook("d2", "shop", opens=False)


def receipt(
    sink: str, what: What, thing: str, *, identity: str, life: int = 1, status: int | None = 200
) -> Receipt:
    return Receipt(
        sink=sink, what=what, thing=thing, identity=identity, life=life, at=0.0, status=status
    )


def opened() -> list[Receipt]:
    return [
        receipt("archive", "event", "d1", identity="i1"),
        *(receipt(sink, "create", "shop", identity="a1") for sink in KEEP_ALERTS),
    ]


def evidence(*receipts: Receipt) -> Evidence:
    return Evidence(
        sent=[FOUND, FIXED],
        acknowledged=[Acknowledged(FOUND, "e1", life=1)],
        receipts=receipts,
    )


def killed(*unsettled: Copies) -> dict[int, Kill]:
    return {1: Kill("any moment", 60, frozenset(unsettled))}


def test_what_arrives_once_and_opens_what_it_says_is_right() -> None:
    assert judge(evidence(*opened())).violations == []


@pytest.mark.parametrize("status", [None, 500])
def test_a_webhook_that_no_receiver_took_is_lost(status: int | None) -> None:
    first, *rest = opened()

    verdict = judge(evidence(replace(first, status=status), *rest))

    assert verdict.kinds == {"lost"}
    assert [each.event for each in verdict.lost] == ["e1"]


def test_a_webhook_that_is_shown_as_dead_is_not_lost() -> None:
    seen = evidence(*opened()[1:])

    assert judge(replace(seen, dead=frozenset({"e1"}))).violations == []


def test_a_copy_of_what_was_answered_is_a_breach_unless_a_kill_came_before_it_was_settled() -> None:
    copy = receipt("archive", "event", "d1", identity="i1", life=2)
    seen = evidence(*opened(), copy)

    assert judge(seen).kinds == {"repeated"}
    assert judge(replace(seen, kills=killed())).kinds == {"repeated"}
    assert judge(replace(seen, kills=killed(("archive", "event", "i1")))).violations == []
    assert judge(seen).repeats == [(seen.receipts[0], copy)]


def test_a_copy_of_what_was_never_answered_wants_a_kill() -> None:
    first, *rest = opened()
    seen = evidence(replace(first, status=None), *rest, replace(first, life=2))

    assert judge(seen).kinds == {"repeated"}
    assert judge(replace(seen, kills=killed())).violations == []


def test_a_try_after_a_failure_is_no_breach() -> None:
    first, *rest = opened()

    assert judge(evidence(replace(first, status=503), *rest, first)).violations == []


def test_a_copy_under_another_identity_is_a_breach() -> None:
    first, *rest = opened()
    seen = evidence(replace(first, status=None), *rest, replace(first, identity="i2", life=2))

    assert judge(replace(seen, kills=killed())).kinds == {"two identities"}


def test_an_alert_that_one_receiver_never_heard_of_is_a_breach() -> None:
    assert judge(evidence(*opened()[:2])).kinds == {"open things"}


def test_an_alert_that_stays_open_after_its_fix_is_a_breach() -> None:
    fixed = receipt("archive", "event", "d2", identity="i2")
    close = receipt("alerts", "close", "shop", identity="a2")
    seen = evidence(*opened(), fixed, close)
    seen = replace(seen, acknowledged=[*seen.acknowledged, Acknowledged(FIXED, "e2", life=1)])

    assert [each.text for each in judge(seen).violations] == ["pager: shop is open there only"]


def test_a_webhook_that_nobody_acknowledged_is_dispatched_wholly_or_not_at_all() -> None:
    wholly = replace(evidence(*opened()), acknowledged=[])
    not_at_all = replace(evidence(), acknowledged=[])
    half = replace(evidence(*opened()[1:]), acknowledged=[])

    assert judge(wholly).violations == []
    assert judge(not_at_all).violations == []
    assert judge(half).kinds == {"open things"}


def test_what_nobody_sent_comes_from_nowhere() -> None:
    stranger = receipt("archive", "event", "d3", identity="i3")

    assert judge(evidence(*opened(), stranger)).kinds == {"from nowhere"}
