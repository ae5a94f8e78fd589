"""The short form of what `make faults` does to replicas for ten minutes."""

import asyncio
from pathlib import Path

import aiohttp
import pytest

from tests.faults.halfopen import wire
from tests.faults.oracle import judge
from tests.faults.process import Life
from tests.faults.replicas import SHORT, SHORT_LEASE, SHORT_PATIENCE, Replicas, load, replicas

pytestmark = pytest.mark.timeout(240)


async def test_nothing_is_lost_or_sent_twice_whatever_is_killed(tmp_path: Path) -> None:
    async with replicas(tmp_path, seed=11, words=SHORT, patience=SHORT_PATIENCE) as them:
        async with load(them, pace=0.05):
            for _ in range(2):
                await them.kill()
                await them.restart_database(0.5)
                await them.witnesses.more(them.witnesses.acknowledged, 30)
            late = await them.pause(1.5 * SHORT_LEASE)
            await late.says(lambda line: line.get("event") == "late result not counted")
            await them.witnesses.more(them.witnesses.acknowledged, 30)
        evidence = await them.drain()

    verdict = judge(evidence)
    assert [str(each) for each in verdict.violations] == []
    assert len(evidence.acknowledged) > 80


async def test_a_replica_whose_wire_is_dead_says_so_and_the_others_go_on(tmp_path: Path) -> None:
    async with replicas(tmp_path, seed=12, number=1, words=SHORT, patience=SHORT_PATIENCE) as them:
        async with wire(them.database.port) as dead:
            cut_off, (healthy,) = await them.join(dead.port), them.up[:1]
            before = await cut_off.ready()
            dead.die()
            said = list(
                await asyncio.gather(*(webhook_to(life, them) for life in (cut_off, healthy)))
            )
            during = list(await asyncio.gather(cut_off.ready(), healthy.ready()))
            dead.mend()
            async with asyncio.timeout(30):
                while not await cut_off.ready():
                    await asyncio.sleep(0.1)
            after = await webhook_to(cut_off, them)
        evidence = await them.drain()

    assert before
    assert said == [503, 200]
    assert during == [False, True]
    assert after == 200
    assert judge(evidence).violations == []


async def webhook_to(life: Life, them: Replicas) -> int:
    number, opens = them.witnesses.choose()
    async with aiohttp.ClientSession() as client:
        return await them.witnesses.post(client, life.hook, number, opens=opens, life=life.number)
