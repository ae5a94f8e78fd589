"""SIGTERM under load: what is in flight ends, what waits is kept, and nothing is told twice."""

from pathlib import Path

from tests.faults.campaign import campaign
from tests.faults.oracle import judge


async def test_a_stop_under_load_loses_nothing_and_repeats_nothing(tmp_path: Path) -> None:
    async with campaign(tmp_path, seed=3) as under_load:
        left = await under_load.stop()
        answered = {each.copy_of for each in under_load.witnesses.receipts}
        verdict = judge(await under_load.drain())

    assert left.unsettled & answered == frozenset()
    assert verdict.violations == []
    assert verdict.repeats == []
