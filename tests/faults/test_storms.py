"""The short form of the storms: each for a second or two."""

import re
from pathlib import Path

import pytest

from tests.faults.senders import FORGERIES, forged, post
from tests.faults.storms import FULL, at_once, false, of_all_sizes, slow, storm
from tests.faults.witnesses import OK

SEED = 20261126


async def test_whatever_was_answered_200_in_a_storm_arrives_once(tmp_path: Path) -> None:
    async with storm(tmp_path, SEED) as under:
        await of_all_sizes(under, senders=8, seconds=1, largest=400_000)

    assert under.wrong == []
    assert len(under.acknowledged) > 8


async def test_bodies_that_are_too_much_at_once_are_refused_and_the_others_arrive(
    tmp_path: Path,
) -> None:
    async with storm(tmp_path, SEED, max_body="1MiB", max_inflight="2MiB") as under:
        await at_once(under, bodies=8, size=500_000, seconds=0.5)

    assert under.wrong == []
    assert {OK, FULL} == set(under.answers)


async def test_slow_senders_are_cut_off_and_keep_no_good_one_waiting(tmp_path: Path) -> None:
    async with storm(tmp_path, SEED, ["--plant", "short patience"]) as under:
        await slow(under, slow=40, pause=0.1)

    assert under.wrong == []
    assert under.answers[OK] > 1


async def test_no_forgery_is_taken_and_no_good_webhook_lost_among_them(tmp_path: Path) -> None:
    async with storm(tmp_path, SEED) as under:
        await false(under, forgeries=200, good=20)

    assert under.wrong == []


async def test_a_body_that_is_lost_in_a_storm_is_noticed(tmp_path: Path) -> None:
    async with storm(tmp_path, SEED, ["--plant", "answer before commit"]) as under:
        await of_all_sizes(under, senders=5, seconds=0.5, largest=10_000)

    assert {each.partition(":")[0] for each in under.wrong} == {"lost"}


@pytest.mark.parametrize("size", [1_000, 2_000, 100_000, 3_000_000])
def test_a_body_is_hardly_smaller_than_it_should_be(size: int) -> None:
    made = post(1, size)

    assert size - 2_000 < sum(map(len, made.pieces)) <= max(size, 1_200)


def test_a_forged_request_differs_in_its_signature_alone() -> None:
    made = post(1, 1_000)

    heads = {forged(made, kind).head for kind in range(len(FORGERIES))}

    assert made.head not in heads
    assert len(heads) == len(FORGERIES)
    assert {re.sub(rb"X-Hub-Signature.*\r\n", b"", each) for each in (made.head, *heads)} == {
        forged(made, 0).head
    }
