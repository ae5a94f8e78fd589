"""A healthy receiver beside one that is in trouble: what it gets, and how soon."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import aiohttp
from aiohttp import web

from tests.faults.configuration import ALERT, written
from tests.faults.process import Life, start
from tests.faults.troubled import WELL, receiver
from tests.faults.witnesses import OK, headers_of, webhook

RATE = 12
"""Webhooks a second: few enough that none waits for another, and p99 shows the neighbour alone."""
PAIRS = 3
MOST = 1.5
"""Times as long as beside a healthy one: more is felt."""
_PATIENCE = 30.0
_WARMING = 20
"""Webhooks that are not counted: with them the other one gets into its trouble."""


Verdict = Literal["kept", "broken", "unsure"]


@dataclass(slots=True)
class Healthy:
    """The receiver that is well: when each project arrived, in seconds."""

    arrived: dict[str, float] = field(default_factory=dict)
    times: int = 0

    async def receive(self, request: web.Request) -> web.Response:
        """Notes the time."""
        project = (await request.json())["project"]
        self.arrived.setdefault(project, time.monotonic())
        self.times += 1
        return web.json_response({})


@dataclass(frozen=True, slots=True)
class Beside:
    """What the healthy one got beside another."""

    sent: int
    copies: int
    waits: Sequence[float]
    """Of what arrived, the shortest first: seconds from the webhook's answer to the arrival."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Beside one in trouble, and beside one that is well, in turn."""

    trouble: str
    well: Sequence[Beside]
    troubled: Sequence[Beside]

    @property
    def share(self) -> float:
        """How many times as long it took beside the one in trouble, by the p99s."""
        return p99(self.troubled) / p99(self.well)

    @property
    def verdict(self) -> Verdict:
        """Held against each run beside a healthy one: where they disagree there is none."""
        waited = p99(self.troubled)
        within = {waited <= MOST * p99([one]) for one in self.well}
        return "unsure" if len(within) > 1 else "kept" if within == {True} else "broken"

    @property
    def line(self) -> str:
        """As it is printed."""
        said = f"{1000 * p99(self.troubled):.0f} ms against {1000 * p99(self.well):.0f} ms"
        unsure = "; no verdict, the machine was unsteady" if self.verdict == "unsure" else ""
        return f"beside one that {self.trouble}: p99 {said}, {self.share:.2f} times{unsure}"

    @property
    def wrong(self) -> Iterator[str]:
        """What the healthy receiver suffered."""
        for each in (*self.well, *self.troubled):
            if each.copies or len(each.waits) != each.sent:
                yield f"{self.trouble}: {len(each.waits)} of {each.sent}, {each.copies} twice"
        if self.verdict == "broken":
            yield self.line


def p99(runs: Sequence[Beside]) -> float:
    """The wait, in seconds, that 99 of 100 stay below; endless where nothing arrived."""
    waits = sorted(wait for each in runs for wait in each.waits)
    return waits[int(len(waits) * 0.99)] if waits else math.inf


async def compare(folder: Path, trouble: str, *, webhooks: int, pairs: int = PAIRS) -> Compared:
    """So many runs of each, in turn."""
    well, troubled = [], []
    for number in range(pairs):
        place = folder / str(number)
        well.append(await beside(place / "well", WELL, webhooks=webhooks))
        troubled.append(await beside(place / "troubled", trouble, webhooks=webhooks))
    return Compared(trouble, well, troubled)


async def beside(folder: Path, trouble: str, *, webhooks: int) -> Beside:
    """What the healthy one gets of so many webhooks beside a receiver in that trouble."""
    healthy = Healthy()
    async with _serving(healthy) as good, receiver(trouble) as bad, _life(folder, good, bad) as one:
        await _send(one, range(_WARMING))
        answered = await _send(one, range(_WARMING, _WARMING + webhooks))
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                while not answered.keys() <= healthy.arrived.keys():
                    await asyncio.sleep(0.05)
    arrived = healthy.arrived
    return Beside(
        sent=len(answered),
        copies=healthy.times - len(arrived),
        waits=sorted(arrived[each] - at for each, at in answered.items() if each in arrived),
    )


async def _send(life: Life, numbers: Sequence[int]) -> dict[str, float]:
    """When each project's webhook was answered; at an even pace, whatever the answers take."""
    answered: dict[str, float] = {}

    async def one(client: aiohttp.ClientSession, number: int, delay: float) -> None:
        await asyncio.sleep(delay)
        sent, body = webhook(number, opens=True)
        headers = headers_of(body, number)
        async with client.post(life.hook, data=body, headers=headers) as answer:
            assert answer.status == OK
        answered[sent.project] = time.monotonic()

    async with aiohttp.ClientSession() as client:
        paced = (one(client, each, index / RATE) for index, each in enumerate(numbers))
        await asyncio.gather(*paced)
    return answered


@asynccontextmanager
async def _serving(healthy: Healthy) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/", healthy.receive)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _life(folder: Path, good: str, bad: str) -> AsyncIterator[Life]:
    life = await start(_configure(folder, good, bad), 1)
    try:
        assert await life.started(), life.log.read_text()
        yield life
    finally:
        life.process.kill()
        await life.ended()


def _configure(folder: Path, good: str, bad: str) -> Path:
    sink = {"type": "http", "template": "alert"}
    sections = {
        "sinks": {
            "good": {**sink, "url": good},
            "bad": {**sink, "url": bad},
            "ops": {"type": "http", "url": good, "mode": "record"},
        },
        "internal": {"sinks": ["ops"]},
        "route": {"sinks": ["good", "bad"], "group_by": ["finding"], "max_alerts": "900000/1h"},
    }
    return written(folder, sections, {"alert.json.j2": ALERT})
