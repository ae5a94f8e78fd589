from pathlib import Path

import pytest

from tests.faults.campaign import campaign
from tests.faults.disks import LIMITS, trouble, unlimited
from tests.faults.oracle import judge


@pytest.mark.parametrize("limit", LIMITS)
async def test_a_disk_that_takes_nothing_means_503_and_then_everything_goes_on(
    tmp_path: Path, limit: str
) -> None:
    async with campaign(tmp_path, seed=5) as under_load:
        verdict = judge(await trouble(under_load, LIMITS[limit], unlimited))

    assert verdict.violations == []
    assert verdict.repeats == []
