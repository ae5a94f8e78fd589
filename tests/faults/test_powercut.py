"""The short form of the power cuts in `make faults`."""

import asyncio
from pathlib import Path

import pytest

from tests.faults.powercut import NORMAL, Cuts, cut_at, left_out, record

SEED = 20261126


async def cuts_of(folder: Path, *plants: str) -> Cuts:
    if reason := await left_out():
        pytest.skip(f"left out: {reason}")
    recording = await record(folder, seed=SEED, webhooks=12, plants=plants)
    return await asyncio.to_thread(cut_at, recording, folder / "cuts", seed=SEED, number=100)


async def test_every_answered_body_is_there_after_any_power_cut(tmp_path: Path) -> None:
    cuts = await cuts_of(tmp_path)

    assert cuts.broken == []
    assert (cuts.number, cuts.lost) == (100, 0)
    assert cuts.answered > 500


async def test_with_synchronous_normal_answered_bodies_are_lost(tmp_path: Path) -> None:
    cuts = await cuts_of(tmp_path, NORMAL)

    assert cuts.losing > 0
