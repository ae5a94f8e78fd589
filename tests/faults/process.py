"""The real program in a process of its own, one life after the other on the same store."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from tests.faults.witnesses import OK

ROOT = Path(__file__).parents[2]
_STARTED_WITHIN = 60.0
_ENDED_WITHIN = 60.0
_LOOK = 0.02


@dataclass(slots=True)
class Life:
    """One run of `snyk-gateway serve`."""

    number: int
    process: asyncio.subprocess.Process
    log: Path
    copying: asyncio.Task[None]
    public: str = ""
    admin: str = ""

    async def started(self) -> bool:
        """Whether it came so far as to listen; False where it ended before."""
        async with asyncio.timeout(_STARTED_WITHIN):
            while not self.public:
                if self.process.returncode is not None:
                    return False
                for line in self.said():
                    if line.get("event") == "started":
                        self.public, self.admin = line["public"], line["admin"]
                await asyncio.sleep(_LOOK)
        return True

    @property
    def hook(self) -> str:
        """Where webhooks are sent."""
        return f"http://{self.public}/webhooks/snyk"

    async def says(self, holds: Callable[[dict[str, Any]], bool]) -> None:
        """Returns once a line of its log is like that."""
        async with asyncio.timeout(_STARTED_WITHIN):
            while not any(map(holds, self.said())):
                await asyncio.sleep(_LOOK)

    def said(self) -> list[dict[str, Any]]:
        """The whole lines of its log."""
        whole, _, _ = self.log.read_text(encoding="utf-8").rpartition("\n")
        return [json.loads(line) for line in whole.splitlines() if line.startswith("{")]

    async def ended(self) -> int:
        """Its exit code, once it has ended; it is killed where that takes too long."""
        try:
            async with asyncio.timeout(_ENDED_WITHIN):
                await self.copying
                return await self.process.wait()
        except TimeoutError:
            await self.end(signal.SIGKILL)
            raise

    async def end(self, number: signal.Signals) -> int:
        """Its exit code after that signal."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        return await self.ended()

    async def ready(self) -> bool:
        """What `/readyz` says."""
        async with (
            aiohttp.ClientSession() as client,
            client.get(f"http://{self.public}/readyz") as answer,
        ):
            return answer.status == OK

    async def items(self, path: str) -> list[dict[str, Any]]:
        """A page of a list on the admin side."""
        async with (
            aiohttp.ClientSession() as client,
            client.get(f"http://{self.admin}/api/v1/{path}") as answer,
        ):
            answer.raise_for_status()
            items: list[dict[str, Any]] = (await answer.json())["items"]
            return items

    async def idle(self) -> None:
        """Returns once nothing waits any more."""
        waiting = ["events?status=pending"]
        waiting += [f"deliveries?status={each}" for each in ("pending", "sending", "pending")]
        while waiting:
            if await self.items(f"{waiting[0]}&limit=1"):
                await asyncio.sleep(5 * _LOOK)
            else:
                del waiting[0]


async def start(
    config: Path,
    number: int,
    words: Sequence[str] = (),
    *,
    before: Sequence[str] = (),
    **environ: str,
) -> Life:
    """A new life on that configuration; the words are the launcher's, or what runs it."""
    module = ("-m", "tests.faults.launcher", *words) if words else ("-m", "gateway")
    process = await asyncio.create_subprocess_exec(
        *(*before, sys.executable, *module, "serve", "--config", str(config)),
        cwd=ROOT,
        env={**_environ(number), **environ},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    log = config.parent / f"life-{number}.log"
    log.touch()
    return Life(number, process, log, asyncio.create_task(_copy(process, log)))


async def _copy(process: asyncio.subprocess.Process, log: Path) -> None:
    """Writes down what it says: where it may write no file, its log must go on."""
    assert process.stdout is not None
    with log.open("ab") as file:
        while some := await process.stdout.read(65_536):
            file.write(some)
            file.flush()


def _environ(life: int) -> Mapping[str, str]:
    return {**os.environ, "LIFE": str(life), "PYTHONPATH": str(ROOT)}
