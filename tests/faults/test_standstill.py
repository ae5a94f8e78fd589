"""A process that was stopped for a while, as `docker pause` does it, and goes on."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.faults.configuration import configure
from tests.faults.oracle import Receipt
from tests.faults.process import Life, start
from tests.faults.replicas import SHORT
from tests.faults.witnesses import OK, Witnesses, witnesses

TIMEOUT = 1
LEASE = 3
"""Seconds: that of the two HTTP sinks, with leases that short."""


@pytest.mark.parametrize("seconds", [2 * TIMEOUT, 2 * LEASE], ids=["timeout", "lease"])
async def test_what_was_answered_while_the_process_stood_still_is_not_sent_again(
    tmp_path: Path, seconds: int
) -> None:
    stopped = asyncio.Event()

    async def answer_once_stopped(_receipt: Receipt) -> int:
        await stopped.wait()
        return OK

    async with witnesses(tmp_path, seed=5) as them, running(tmp_path, them) as life:
        them.held_back, them.answers = False, answer_once_stopped
        async with aiohttp.ClientSession() as client:
            await them.post(client, life.hook, 1, opens=True, life=1)
        await them.until(lambda: len(them.receipts) == 3)

        life.process.send_signal(signal.SIGSTOP)
        stopped.set()
        await them.until(lambda: all(each.is_answered for each in them.receipts))
        await asyncio.sleep(seconds)
        life.process.send_signal(signal.SIGCONT)
        await life.idle()

    tries = [line for line in life.said() if line["event"] == "attempt"]
    assert sorted(each.sink for each in them.receipts) == ["alerts", "archive", "pager"]
    assert [line["outcome"] for line in tries] == ["delivered"] * 3


@asynccontextmanager
async def running(folder: Path, them: Witnesses) -> AsyncIterator[Life]:
    """A gateway that gives its receivers little time."""
    life = await start(configure(folder, them.url, timeout=f"{TIMEOUT}s"), 1, SHORT)
    try:
        assert await life.started(), life.log.read_text()
        yield life
        assert await life.end(signal.SIGTERM) == 0
    finally:
        await life.end(signal.SIGKILL)
