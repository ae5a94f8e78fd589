"""Replicas over one PostgreSQL, killed, paused and cut off under load, and what came of it."""

import asyncio
import random
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import aiohttp
import psycopg

from tests.faults.autopsy import UNFINISHED, as_it_stood
from tests.faults.configuration import configure
from tests.faults.oracle import Evidence, Kill, Receipt
from tests.faults.process import Life, start
from tests.faults.witnesses import OK, SENDERS, Witnesses, witnesses
from tests.postgres import PostgreSQL, server

SHORT, SHORT_PATIENCE = ("--plant", "short leases"), "5s"
SHORT_LEASE = 15.0
"""Seconds: three times the time-out of a sink."""
KILLED, PAUSED = "replica killed", "replica paused beyond its lease"
_SLOWEST_ANSWER = 0.3
_REST = 0.1
_DRAINED_WITHIN = 240.0


@dataclass(slots=True)
class Replicas:
    """A database, the replicas over it, and their witnesses."""

    config: Path
    database: PostgreSQL
    witnesses: Witnesses
    random: random.Random
    words: Sequence[str]
    lives: list[Life] = field(default_factory=list)
    kills: dict[int, Kill] = field(default_factory=dict)
    outages: int = 0

    @property
    def up(self) -> list[Life]:
        """Those that run and listen."""
        return [each for each in self.lives if each.process.returncode is None and each.public]

    async def join(self, port: int | None = None) -> Life:
        """One replica more, once it listens; it reaches the database at that port."""
        port = port or self.database.port
        life = await start(self.config, len(self.lives) + 1, self.words, DATABASE_PORT=str(port))
        self.lives.append(life)
        assert await life.started(), life.log.read_text()[-3000:]
        return life

    async def kill(self, life: Life | None = None) -> None:
        """That one, or any, dies with its hands full; another takes its place."""
        life = life or self.random.choice(self.up)
        await life.end(signal.SIGKILL)
        self._bury(life, KILLED)
        await self.join()

    async def pause(self, seconds: float) -> Life:
        """One of them is stopped with its hands full, and goes on as if nothing had been."""
        life, them = self.random.choice(self.up), self.witnesses
        await them.until(lambda: life.number in {each.life for each in them.held})
        life.process.send_signal(signal.SIGSTOP)
        self._bury(life, PAUSED)
        await asyncio.sleep(seconds)
        life.process.send_signal(signal.SIGCONT)
        return life

    async def restart_database(self, seconds: float) -> None:
        """The database is killed, and started again after so long."""
        await asyncio.to_thread(self.database.kill)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(self.database.start)
        self.outages += 1

    async def drain(self, seconds: float = _DRAINED_WITHIN) -> Evidence:
        """What is left is delivered; then all that the witnesses saw."""
        last = self.up[0]
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await _rest(last)
        gone = await last.items("deliveries?status=dead&sink=archive&limit=200")
        for life in self.up:
            assert await life.end(signal.SIGTERM) == 0, life.log.read_text()[-3000:]
        return self.witnesses.evidence(self.kills, (each["event"] for each in gone))

    def _bury(self, life: Life, window: str) -> None:
        """Looks at what is in flight, of whomever: what one has in hand no other replica sends."""
        with psycopg.connect(self.database.url) as connection:
            found = as_it_stood(window, connection.execute(UNFINISHED.encode()).fetchall())
        before = self.kills[life.number].unsettled if life.number in self.kills else frozenset()
        self.kills[life.number] = replace(found, unsettled=found.unsettled | before)


async def _rest(life: Life) -> None:
    """Returns once nothing waits; a database that is away now is not for long."""
    while True:
        try:
            return await life.idle()
        except aiohttp.ClientResponseError:
            await asyncio.sleep(_REST)


async def outage(them: Replicas) -> None:
    """The database is away for a while, a while later."""
    await asyncio.sleep(them.random.uniform(5, 40))
    await them.restart_database(them.random.uniform(0.1, 5))


async def death(them: Replicas) -> None:
    """One of them dies, ten seconds later."""
    await asyncio.sleep(10)
    await them.kill()


async def frost(them: Replicas) -> None:
    """One of them is stopped for longer than its leases, goes on for a while, and dies."""
    late = await them.pause(1.5 * SHORT_LEASE)
    await asyncio.sleep(5)
    await them.kill(late)


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens again and again for so many seconds."""

    name: str
    round: Callable[[Replicas], Awaitable[None]]
    seconds: float
    words: Sequence[str] = ()
    patience: str = "15s"


FAULTS = (
    Fault("database killed every 5 to 40 s", outage, 600),
    Fault("one of three replicas killed every 10 s", death, 300),
    Fault("a replica paused beyond its leases", frost, 150, SHORT, SHORT_PATIENCE),
)


@asynccontextmanager
async def load(replicas: Replicas, pace: float = 0.0) -> AsyncIterator[None]:
    """Webhooks are sent to whichever replica is up, as a balancer sends them."""
    them = replicas.witnesses

    async def send(client: aiohttp.ClientSession) -> None:
        while True:
            await them.until(lambda: len(them.unheard) < them.ahead, seconds=600)
            life = replicas.random.choice(replicas.up)
            number, opens = them.choose()
            try:
                status = await them.post(client, life.hook, number, opens=opens, life=life.number)
            except (aiohttp.ClientError, OSError, TimeoutError):
                status = 0
            await asyncio.sleep(pace if status == OK else _REST)

    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=40)) as client:
        sending = [asyncio.create_task(send(client)) for _ in range(SENDERS)]
        try:
            yield
        finally:
            for task in sending:
                task.cancel()
            ended = await asyncio.gather(*sending, return_exceptions=True)
    broken = [each for each in ended if isinstance(each, Exception)]
    assert not broken, broken


@asynccontextmanager
async def replicas(
    folder: Path, *, seed: int, number: int = 3, words: Sequence[str] = (), patience: str = "15s"
) -> AsyncIterator[Replicas]:
    """So many replicas over a new database; `patience` is the time-out of each sink."""
    rolls = random.Random(seed)
    with server() as database:
        async with witnesses(folder, seed) as them:
            them.held_back = False
            them.answers = _slowly(rolls)
            url = database.url.replace(str(database.port), "${DATABASE_PORT}")
            config = configure(folder, them.url, store=url, timeout=patience)
            made = Replicas(config, database, them, rolls, words)
            try:
                for _ in range(number):
                    await made.join()
                yield made
            finally:
                for life in made.lives:
                    await life.end(signal.SIGKILL)


def _slowly(rolls: random.Random) -> Callable[[Receipt], Awaitable[int]]:
    """Answers that take a moment: something is in flight whenever a fault comes."""

    async def answer(_receipt: Receipt) -> int:
        await asyncio.sleep(rolls.uniform(0, _SLOWEST_ANSWER))
        return OK

    return answer
