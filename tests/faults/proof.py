"""What proves the suite: rounds with a planted fault, which the oracle must notice."""

import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import aiohttp

from tests.faults.campaign import Campaign, campaign
from tests.faults.oracle import Evidence, Receipt
from tests.faults.witnesses import OK

SEED = 7
_PATIENCE = 60.0
# What no scan finds stands in the store for ever: nobody waits for it.
_SHORT = 4.0


@dataclass(frozen=True, slots=True)
class Proof:
    """What the oracle says of a planted fault."""

    kind: str
    seconds: float = _PATIENCE
    """How long is waited for what may be lost."""


PROOFS: Mapping[str, Proof] = MappingProxyType(
    {
        "answer before commit": Proof("lost"),
        "settle before send": Proof("lost"),
        "no scan at start": Proof("lost", _SHORT),
        "unfenced settle": Proof("repeated"),
        "new identity": Proof("two identities"),
    }
)


async def proven(folder: Path, plant: str) -> Evidence:
    """What the witnesses see of that planted fault."""
    if plant == "unfenced settle":
        return await late_failure(folder, plant)
    async with campaign(folder, seed=SEED, plants=[plant]) as planted:
        await planted.seed(most=24, standing=8)
        return await planted.drain(PROOFS[plant].seconds)


async def late_failure(folder: Path, *plants: str) -> Evidence:
    """A lease lapses; the first try fails while the second is under way, which then succeeds."""
    async with campaign(folder, seed=SEED, plants=["lapsed lease", *plants]) as planted:
        await _fail_late(planted)
        return planted.evidence()


async def _fail_late(planted: Campaign) -> None:
    life, them = await planted.start(), planted.witnesses
    tries: list[Receipt] = []

    async def answer(receipt: Receipt) -> int:
        if receipt.sink != "archive":
            return OK
        tries.append(receipt)
        if len(tries) == 1:
            await them.until(lambda: len(tries) > 1)
            return 503
        if len(tries) == 2:
            await life.says(lambda line: line.get("outcome") == "try_again")
        return OK

    them.answers = answer
    await them.let_go()
    assert await life.started(), life.log.read_text()
    async with aiohttp.ClientSession() as client:
        await them.post(client, life.hook, 1, opens=True, life=life.number)
    await life.idle()
    assert await life.end(signal.SIGTERM) == 0
