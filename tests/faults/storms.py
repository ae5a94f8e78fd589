"""Storms of webhooks: many senders, large bodies, forged ones, and clients that never finish."""

import asyncio
import hashlib
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import count
from pathlib import Path

import aiohttp
import yaml
from aiohttp import web

from gateway import samples
from gateway.model.event import INTERNAL
from gateway.sources.snyk import signed_headers
from tests.faults.process import Life, start
from tests.faults.witnesses import FOUND, SECRET, SENT_AT

SMALL, LARGE = 1000, 20 * 1000**2
_PATIENCE = aiohttp.ClientTimeout(total=300)
_PIECE = 256 * 1024
_LOOK = 0.1
_AGAIN = 5.0
"""Seconds: what `Retry-After` says."""
_FORGED = "another-secret-of-sixteen-or-more"


@dataclass(slots=True)
class Storm:
    """One gateway in a storm, and what was seen from outside."""

    life: Life
    client: aiohttp.ClientSession
    answers: Counter[int] = field(default_factory=Counter)
    """By status."""
    acknowledged: set[str] = field(default_factory=set)
    """Digests of the bodies whose 200 was seen."""
    arrived: Counter[str] = field(default_factory=Counter)
    """Digests of the bodies that the receiver got."""

    @property
    def lost(self) -> set[str]:
        """What was acknowledged, and did not arrive."""
        return self.acknowledged - self.arrived.keys()

    @property
    def copies(self) -> int:
        """How many bodies arrived that had arrived before."""
        return self.arrived.total() - len(self.arrived)

    @property
    def peak(self) -> int:
        """The most bytes that were resident so far."""
        status = Path(f"/proc/{self.life.process.pid}/status").read_text(encoding="ascii")
        (line,) = (each for each in status.splitlines() if each.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024

    @property
    def line(self) -> str:
        """As it is printed."""
        refused = ", ".join(
            f"{number:,} times {status or 'hung up'}"
            for status, number in sorted(self.answers.items())
            if status != HTTPStatus.OK
        )
        return (
            f"{len(self.acknowledged):,} acknowledged, {len(self.lost):,} lost, {self.copies:,} "
            f"twice; {refused or 'nothing'} refused; {self.peak // 1024**2:,} MiB at the most"
        )

    async def send(self, body: bytes, *, secret: str = SECRET, slowly: bool = False) -> int:
        """The answer's status; a body is sent in pieces where it is to be long on its way."""
        digest = hashlib.sha256(body).hexdigest()
        headers = signed_headers(
            body,
            secret,
            event="project_snapshot/v0",
            transport_id=digest,
            timestamp=SENT_AT,
        )
        headers["Content-Length"] = str(len(body))
        data = _pieces(body) if slowly else body
        try:
            async with self.client.post(self.life.hook, data=data, headers=headers) as answer:
                await answer.read()
                status = answer.status
        except aiohttp.ClientError:
            status = 0  # a refusal may end the connection before the body was sent
        self.answers[status] += 1
        if status == HTTPStatus.OK:
            self.acknowledged.add(digest)
        return status

    async def insist(self, body: bytes, *, slowly: bool = False) -> None:
        """Sends it until it is taken, as Snyk does."""
        while await self.send(body, slowly=slowly) != HTTPStatus.OK:
            await asyncio.sleep(_AGAIN)

    async def drained(self, seconds: float = 120) -> None:
        """Returns once everything that was acknowledged has arrived, or that time is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.lost:
                    await asyncio.sleep(_LOOK)


def body_of(number: int, size: int) -> bytes:
    """A webhook of about that size that no other is like."""
    (small,) = samples.bodies("new-critical", number=number, at=FOUND)
    issue = small["newIssues"][0]
    each = len(samples.encode(issue)) + 1
    more = max(0, (size - len(samples.encode(small))) // each)
    small["newIssues"] += [{**issue, "id": f"{issue['id']}-{n}"} for n in range(more)]
    return samples.encode(small)


async def senders(storm: Storm, bodies: Sequence[bytes], *, slowly: bool = False) -> None:
    """Everybody sends one body at the same time, until it is taken."""
    await asyncio.gather(*(storm.insist(each, slowly=slowly) for each in bodies))


async def once(storm: Storm, bodies: Sequence[bytes]) -> None:
    """Everybody sends one body at the same time, whatever is answered."""
    await asyncio.gather(*(storm.send(each, slowly=True) for each in bodies))


async def blow(storm: Storm, *, number: int, seconds: float, seed: int) -> None:
    """So many senders for that long, each with one body after the other, of any size up to 20 MB.

    Small ones are as frequent as large ones: sizes are drawn by their logarithm.
    """
    end = time.monotonic() + seconds
    numbers = count()

    async def one(rolls: random.Random) -> None:
        while time.monotonic() < end:
            size = int(SMALL * (LARGE / SMALL) ** rolls.random())
            body = await asyncio.to_thread(body_of, next(numbers), size)
            await storm.send(body, slowly=True)

    await asyncio.gather(*(one(random.Random(f"{seed} {each}")) for each in range(number)))


async def forgers(storm: Storm, *, forged: int, good: int, at_once: int = 50) -> None:
    """Forged webhooks with good ones among them."""
    rolls = random.Random(forged)
    kinds = [False] * forged + [True] * good
    rolls.shuffle(kinds)
    turns = asyncio.Semaphore(at_once)

    async def one(number: int, *, is_good: bool) -> None:
        async with turns:
            body = body_of(number, SMALL)
            await (storm.insist(body) if is_good else storm.send(body, secret=_FORGED))

    await asyncio.gather(*(one(number, is_good=each) for number, each in enumerate(kinds)))


@asynccontextmanager
async def loris(life: Life, *, heads: int, halves: int) -> AsyncIterator[list[asyncio.Task[bytes]]]:
    """Clients that send their heads byte by byte, and such as stop within a body.

    Each gives what it was answered, once the gateway has hung up on it.
    """
    host, _, port = life.public.rpartition(":")

    async def one(*, is_half: bool) -> bytes:
        reader, writer = await asyncio.open_connection(host, int(port))
        head = b"POST /webhooks/snyk HTTP/1.1\r\nHost: gateway\r\nContent-Length: 5000\r\n"
        said = head + b"X-Hub-Signature: sha256=" + b"0" * 64 + b"\r\n\r\nhalf"
        try:
            if is_half:
                writer.write(said)
                return await reader.read()
            for at in range(len(said)):
                writer.write(said[at : at + 1])
                await writer.drain()
                await asyncio.sleep(1)
            return await reader.read()
        except OSError:
            return b""
        finally:
            writer.close()

    kinds = [False] * heads + [True] * halves
    tasks = [asyncio.create_task(one(is_half=each)) for each in kinds]
    try:
        yield tasks
    finally:
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def storm(folder: Path) -> AsyncIterator[Storm]:
    """A gateway and a receiver for every body."""
    app = web.Application(client_max_size=2 * LARGE)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    arrived: Counter[str] = Counter()

    async def receive(request: web.Request) -> web.Response:
        body = await request.read()
        arrived[hashlib.sha256(body).hexdigest()] += 1
        return web.json_response({})

    app.router.add_post("/", receive)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    config = _configure(folder, f"http://127.0.0.1:{runner.addresses[0][1]}/")
    life = await start(config, 1)
    connector = aiohttp.TCPConnector(limit=0)
    try:
        assert await life.started(), life.log.read_text()
        async with aiohttp.ClientSession(connector=connector, timeout=_PATIENCE) as client:
            yield Storm(life, client, arrived=arrived)
    finally:
        life.process.kill()
        await life.ended()
        await runner.cleanup()


def _configure(folder: Path, archive: str) -> Path:
    sections = {
        "server": {"listen": "127.0.0.1:0"},
        "admin": {"listen": "127.0.0.1:0"},
        "store": {"url": f"sqlite:///{folder}/store/gateway.db"},
        "sources": {"snyk": {"type": "snyk", "secrets": [SECRET]}},
        "sinks": {
            "archive": {"type": "http", "url": archive, "concurrency": 2, "timeout": "60s"},
            "ops": {"type": "http", "url": archive, "mode": "record"},
        },
        "internal": {"sinks": ["ops"]},
        "route": {
            "sinks": ["ops"],
            "max_alerts": "1/1h",
            "routes": [
                {
                    "name": "everything",
                    "matchers": [f"source != {INTERNAL}"],
                    "deliver": "events",
                    "sinks": ["archive"],
                },
                {"name": "nothing", "sinks": []},
            ],
        },
    }
    config = folder / "config"
    config.mkdir(parents=True)
    (config / "gateway.yaml").write_text(yaml.safe_dump(sections))
    return config


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(body), _PIECE):
        yield body[at : at + _PIECE]
        await asyncio.sleep(0)
