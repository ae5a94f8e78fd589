"""The short form of `make faults`: each window once, and moments chosen from outside."""

from pathlib import Path

from tests.faults.campaign import ANY, campaign
from tests.faults.oracle import judge
from tests.faults.windows import WINDOWS

SEED = 20261126
EARLY = 5


async def test_nothing_is_lost_and_nothing_told_twice_whenever_the_process_is_killed(
    tmp_path: Path,
) -> None:
    async with campaign(tmp_path, seed=SEED) as under_load:
        await under_load.seed()
        for window in (*WINDOWS, ANY):
            await under_load.kill(window, passing=EARLY)
        evidence = await under_load.drain()

    alarms = under_load.witnesses.alarms
    # How full the disk is, is the machine's affair.
    assert [each for each in alarms if not each.startswith("disk_nearly_full")] == []
    verdict = judge(evidence)
    assert verdict.violations == []
    assert {each.window for each in evidence.kills.values()} == {*WINDOWS, ANY}
    assert min(each.undelivered for each in evidence.kills.values()) >= 50
    assert len(verdict.repeats) > 0
