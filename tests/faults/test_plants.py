"""The suite is proven: each of these faults, planted in the launched process, is noticed."""

import signal
from pathlib import Path

import aiohttp
import pytest

from tests.faults.campaign import Campaign, campaign
from tests.faults.oracle import Receipt, Verdict, judge

SEED = 7
PATIENCE = 60.0
SHORT = 4.0
"""What no scan finds stands in the store for ever: nobody waits for it."""


@pytest.mark.parametrize(
    ("plant", "kind", "seconds"),
    [
        ("answer before commit", "lost", PATIENCE),
        ("settle before send", "lost", PATIENCE),
        ("no scan at start", "lost", SHORT),
        ("new identity", "two identities", PATIENCE),
    ],
)
async def test_a_planted_fault_is_noticed(
    tmp_path: Path, plant: str, kind: str, seconds: float
) -> None:
    async with campaign(tmp_path, seed=SEED, plants=[plant]) as planted:
        await planted.seed(most=30, standing=10)
        verdict = judge(await planted.drain(seconds))

    assert kind in verdict.kinds


@pytest.mark.parametrize(("plants", "kinds"), [([], set()), (["unfenced settle"], {"repeated"})])
async def test_a_result_that_comes_after_its_lease_must_not_count(
    tmp_path: Path, plants: list[str], kinds: set[str]
) -> None:
    async with campaign(tmp_path, seed=SEED, plants=["lapsed lease", *plants]) as planted:
        verdict = await late_failure(planted)

    assert verdict.kinds == kinds
    assert len(verdict.repeats) >= 1


async def late_failure(planted: Campaign) -> Verdict:
    """The first try fails while the second one is under way, which then succeeds."""
    life, them = await planted.start(), planted.witnesses
    first: list[Receipt] = []

    async def answer(receipt: Receipt) -> int:
        if receipt.sink != "archive":
            return 200
        first.append(receipt)
        if len(first) == 1:
            await them.until(lambda: len(first) > 1)
            return 503
        if len(first) == 2:
            await life.says(lambda line: line.get("outcome") == "try_again")
        return 200

    them.answers = answer
    await them.let_go()
    assert await life.started(), life.log.read_text()
    async with aiohttp.ClientSession() as client:
        await them.post(client, life.hook, 1, opens=True, life=life.number)
    await life.idle()
    assert await life.end(signal.SIGTERM) == 0
    return judge(planted.evidence())
