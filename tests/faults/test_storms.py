"""The short form of the storms in `make faults`."""

from http import HTTPStatus
from pathlib import Path

from tests.faults.storms import SMALL, body_of, forgers, loris, senders, storm


async def test_whatever_many_senders_are_answered_arrives_once(tmp_path: Path) -> None:
    sizes = [SMALL, 10 * SMALL, 100 * SMALL, 1000 * SMALL]
    bodies = [body_of(number, sizes[number % len(sizes)]) for number in range(24)]

    async with storm(tmp_path) as one:
        await senders(one, bodies, slowly=True)
        await one.drained()

    assert (len(one.acknowledged), one.lost, one.copies) == (24, set(), 0)


async def test_forged_webhooks_are_refused_and_cost_no_good_one(tmp_path: Path) -> None:
    async with storm(tmp_path) as one:
        await forgers(one, forged=100, good=10)
        await one.drained()

    assert one.answers == {HTTPStatus.UNAUTHORIZED: 100, HTTPStatus.OK: 10}
    assert (len(one.acknowledged), one.lost, one.copies) == (10, set(), 0)


async def test_clients_that_never_finish_keep_nobody_out(tmp_path: Path) -> None:
    async with storm(tmp_path) as one, loris(one.life, heads=50, halves=50):
        await senders(one, [body_of(number, SMALL) for number in range(10)])
        await one.drained()

    assert (one.answers, one.lost) == ({HTTPStatus.OK: 10}, set())
