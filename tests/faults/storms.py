"""Event storms: more, larger, slower and falser webhooks than a gateway should ever meet."""

import asyncio
import hashlib
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import MappingProxyType

from aiohttp import web

from tests.faults.configuration import written
from tests.faults.oracle import Acknowledged, Evidence, Receipt, Webhook, judge
from tests.faults.process import Life, start
from tests.faults.senders import Answer, Post, forged, linger, post, send
from tests.faults.witnesses import AT_ONCE, OK

UNAUTHORIZED = 401
FULL = 503
"""What a webhook is answered where there is no room for it."""
LARGEST = 20_000_000
MOST_MEMORY = 512
"""MiB."""
QUICKLY = 5.0
"""A good sender is answered in so many seconds, also on a machine that is busy with the slow."""
LIFE = 1
"""There is one only."""
_SMALLEST = 1_000
_DESCRIBED = 8_000
"""Characters of each finding where many are to be dispatched."""
_BETWEEN = 0.05
_FORGERS = 50
_DRAINED_WITHIN = 600.0


@dataclass(slots=True)
class Archive:
    """A receiver of every body, which writes down what it took."""

    receipts: list[Receipt] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        """Takes whatever comes."""
        digest = hashlib.sha256()
        async for chunk in request.content.iter_any():
            digest.update(chunk)
        receipt = Receipt(
            sink="archive",
            what="event",
            thing=digest.hexdigest(),
            identity=request.headers["webhook-id"],
            life=LIFE,
            at=time.time(),
            status=OK,
        )
        self.receipts.append(receipt)
        return web.json_response({})


@dataclass(slots=True)
class Storm:
    """A gateway in a storm: what was sent to it, what it answered, what arrived."""

    life: Life
    archive: Archive
    random: random.Random
    sent: dict[str, Webhook] = field(default_factory=dict)
    """By digest."""
    acknowledged: list[Acknowledged] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)
    """By status; 0 is no answer."""
    slowest: float = 0.0
    """Seconds until the latest 200."""
    at_once: int = 0
    """Most requests under way."""
    cut_off: int = 0
    """Connections that the gateway ended."""
    peak: int = 0
    """MiB that the process had resident at most."""
    wrong: list[str] = field(default_factory=list)
    _under_way: int = 0

    async def send(self, made: Post, seconds: float = 0.0) -> Answer:
        """The answer to a good webhook that is sent in that time."""
        self.sent[made.webhook.digest] = made.webhook
        answer = await self.count(made, seconds)
        if answer.status == OK:
            event = answer.said["event"]
            self.acknowledged.append(Acknowledged(made.webhook, event, LIFE))
            self.slowest = max(self.slowest, answer.seconds)
        return answer

    async def count(self, made: Post, seconds: float = 0.0) -> Answer:
        """The answer to whatever it is."""
        self._under_way += 1
        self.at_once = max(self.at_once, self._under_way)
        answer = await send(self.life.public, made, seconds=seconds)
        self._under_way -= 1
        self.answers[answer.status] += 1
        return answer

    @property
    def evidence(self) -> Evidence:
        """What the oracle judges by."""
        sent = list(self.sent.values())
        return Evidence(sent=sent, acknowledged=self.acknowledged, receipts=self.archive.receipts)

    def expect(self, text: str, *, holds: bool) -> None:
        """Notes what is wrong where that does not hold."""
        if not holds:
            self.wrong.append(text)

    def expect_only(self, *statuses: int) -> None:
        """Notes every other answer, also none."""
        other = {status: some for status, some in self.answers.items() if status not in statuses}
        self.expect(f"answers that should not be: {other}", holds=not other)

    async def end(self) -> None:
        """Returns once everything was delivered, and the process has ended."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAINED_WITHIN):
                await self.life.idle()
        self.peak = _peak(self.life.process.pid)
        self.expect(f"{self.peak} MiB were resident", holds=self.peak <= MOST_MEMORY)
        self.wrong += [f"{each.kind}: {each.text}" for each in judge(self.evidence).violations]
        said = await self.life.end(signal.SIGTERM)
        self.expect(f"it ended with {said}", holds=said == 0)


@asynccontextmanager
async def storm(
    folder: Path, seed: int, words: Sequence[str] = (), **server: str
) -> AsyncIterator[Storm]:
    """A new gateway, whose archive is to get each body once; in the end everything has arrived.

    The words are the launcher's, the settings those of `server`.
    """
    archive, ops = Archive(), Archive()
    app = web.Application()
    app.router.add_post("/archive", archive.take)
    app.router.add_post("/ops", ops.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        life = await start(_configure(folder, url, server), LIFE, words)
        under = Storm(life, archive, random.Random(seed))
        try:
            assert await life.started(), life.log.read_text()
            yield under
            await under.end()
        finally:
            await life.end(signal.SIGKILL)
    finally:
        await runner.cleanup()


async def of_all_sizes(
    under: Storm, *, senders: int = 100, seconds: float = 60.0, largest: int = LARGEST
) -> None:
    """Senders that send one body after the other; a refused one comes again when it is told to."""
    until, numbers = time.monotonic() + seconds, count(1)

    async def go_on() -> None:
        while time.monotonic() < until:
            size = _SMALLEST * (largest / _SMALLEST) ** under.random.random()
            made = post(next(numbers), int(size), described=_DESCRIBED)
            while (answer := await under.send(made)).status == FULL and time.monotonic() < until:
                await asyncio.sleep(float(answer.headers["retry-after"]))

    await asyncio.gather(*(go_on() for _ in range(senders)))
    under.expect_only(OK, FULL)


async def at_once(
    under: Storm, *, bodies: int = 100, size: int = LARGEST, seconds: float = 15.0
) -> None:
    """Large bodies that all come at the same time, and slowly; there is no room for all of them."""
    made = [post(number + 1, size) for number in range(bodies)]
    await asyncio.gather(*(under.send(each, seconds) for each in made))
    under.expect(f"only {under.at_once} were sent at once", holds=under.at_once == bodies)
    under.expect_only(OK, FULL)


async def slow(under: Storm, *, slow: int = 200, pause: float = 0.5, within: float = 45.0) -> None:
    """Half send their head byte by byte, half stop in the body; beside them there is a good one."""
    address = under.life.public
    ways = [pause if number % 2 else None for number in range(slow)]
    made = [post(number, _SMALLEST) for number in range(-slow, 0)]
    lingering = asyncio.gather(
        *(
            linger(address, each, pause=way, seconds=within)
            for each, way in zip(made, ways, strict=True)
        )
    )
    number = count(1)
    while not lingering.done():
        await under.send(post(next(number), _SMALLEST))
        await asyncio.sleep(_BETWEEN)
    under.cut_off = sum(await lingering)
    under.expect(f"{under.cut_off} of {slow} were cut off", holds=under.cut_off == slow)
    under.expect(f"a good one took {under.slowest:.1f} s", holds=under.slowest < QUICKLY)
    under.expect_only(OK)


async def false(under: Storm, *, forgeries: int = 10_000, good: int = 1_000) -> None:
    """Forged signatures, and among them good ones."""
    queue = [False] * forgeries + [True] * good
    under.random.shuffle(queue)
    numbers = iter(enumerate(queue, start=1))

    async def go_on() -> None:
        for number, is_good in numbers:
            made = post(number, _SMALLEST)
            await (under.send(made) if is_good else under.count(forged(made, number)))

    await asyncio.gather(*(go_on() for _ in range(_FORGERS)))
    under.expect_only(OK, UNAUTHORIZED)
    under.expect("a good one was refused", holds=under.answers[OK] == good)
    under.expect("a forged one was taken", holds=under.answers[UNAUTHORIZED] == forgeries)


STORMS: Mapping[str, Callable[[Storm], Awaitable[None]]] = MappingProxyType(
    {
        "of all sizes": of_all_sizes,
        "large at once": at_once,
        "slow senders": slow,
        "forgeries": false,
    }
)


def _configure(folder: Path, url: str, server: Mapping[str, str]) -> Path:
    sink = {"type": "http", "concurrency": AT_ONCE, "timeout": "120s"}
    sections = {
        "internal": {"sinks": ["ops"]},
        "sinks": {name: {**sink, "url": url + name} for name in ("archive", "ops")},
        "route": {"deliver": "events", "sinks": ["archive"]},
    }
    return written(folder, sections, {}, server=server)


def _peak(pid: int) -> int:
    """MiB that the process had resident at most."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    (line,) = (each for each in lines if each.startswith("VmHWM"))
    return int(line.split()[1]) // 1024
