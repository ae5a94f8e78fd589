"""The suite is proven: each of these faults, planted in the launched process, is noticed."""

from pathlib import Path

import pytest

from tests.faults.oracle import judge
from tests.faults.proof import PROOFS, late_failure, proven


@pytest.mark.parametrize("plant", PROOFS)
async def test_a_planted_fault_is_noticed(tmp_path: Path, plant: str) -> None:
    verdict = judge(await proven(tmp_path, plant))

    assert PROOFS[plant].kind in verdict.kinds


async def test_a_result_that_comes_after_its_lease_does_not_count(tmp_path: Path) -> None:
    verdict = judge(await late_failure(tmp_path))

    assert verdict.violations == []
    assert len(verdict.repeats) == 1
