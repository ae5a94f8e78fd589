"""Kills, one after the other on one store, and what came of them."""

import asyncio
import math
import random
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.autopsy import autopsy
from tests.faults.configuration import configure
from tests.faults.oracle import Evidence, Kill
from tests.faults.process import Life, start
from tests.faults.windows import WINDOWS
from tests.faults.witnesses import AT_ONCE, STANDING, Witnesses, witnesses

ANY = "any moment"
"""Killed from outside, at start too."""
STOPPED = "stopped"
SEEDED = 60
_MOMENTS = (0.5, 3.0)
_DRAINED_WITHIN = 120.0


@dataclass(slots=True)
class Campaign:
    """A store, the lives on it, and their witnesses."""

    config: Path
    witnesses: Witnesses
    random: random.Random
    plants: Sequence[str] = ()
    kills: dict[int, Kill] = field(default_factory=dict)
    dead: set[str] = field(default_factory=set)
    lives: list[Life] = field(default_factory=list)

    async def start(self, *words: str, before: Sequence[str] = ()) -> Life:
        """The next life, with whatever is planted."""
        planted = [word for plant in self.plants for word in ("--plant", plant)]
        life = await start(self.config, len(self.lives) + 1, [*planted, *words], before=before)
        self.lives.append(life)
        return life

    async def seed(self, most: int = SEEDED, standing: int = STANDING) -> None:
        """A first life, killed once a backlog stands at the archive, which has its hands full."""
        life, them = await self.start(), self.witnesses
        assert await life.started(), life.log.read_text()
        await them.send(life.hook, life=life.number, most=most)
        await them.until(lambda: len(them.standing) >= standing and len(them.held) >= AT_ONCE)
        await life.end(signal.SIGKILL)
        self.bury(life, ANY)

    async def kill(self, window: str, passing: int | None = None) -> None:
        """One round: a life under load, killed in that window; at which passing, is drawn."""
        if window == ANY:
            life = await self.start()
            dying = asyncio.create_task(self._kill_sometime(life))
        else:
            passing = passing or self.random.randint(1, WINDOWS[window].passings)
            life = await self.start("--window", window, "--passing", str(passing))
            dying = asyncio.create_task(life.ended())
        if await life.started():
            async with load(self.witnesses, life):
                await dying
        assert await dying == -signal.SIGKILL, life.log.read_text()[-3000:]
        self.bury(life, window)

    async def stop(self) -> Kill:
        """One round: a life under load, stopped by SIGTERM with the archive's hands full.

        It gives how the store stands then.
        """
        life, them = await self.start(), self.witnesses
        assert await life.started(), life.log.read_text()
        them.backlog = math.inf  # however fast it is sent things, its hands are to be full
        async with load(them, life):
            await them.until(lambda: len(them.standing) >= STANDING and len(them.held) >= AT_ONCE)
            life.process.terminate()
            await them.let_go()
            assert await life.ended() == 0, life.log.read_text()[-3000:]
        them.held_back, them.backlog = True, STANDING
        return autopsy(self.config, STOPPED)

    async def _kill_sometime(self, life: Life) -> int:
        await asyncio.sleep(self.random.uniform(*_MOMENTS))
        return await life.end(signal.SIGKILL)

    def bury(self, life: Life, window: str) -> None:
        """Looks at what the kill left."""
        self.kills[life.number] = autopsy(self.config, window)

    async def drain(self, seconds: float = _DRAINED_WITHIN) -> Evidence:
        """A last life, which delivers what is left; then all that the witnesses saw.

        Where it does not come to an end, what is missing is the evidence.
        """
        life = await self.start()
        assert await life.started(), life.log.read_text()
        return await self.finish(life, seconds)

    async def finish(self, life: Life, seconds: float = _DRAINED_WITHIN) -> Evidence:
        """The same, in a life that runs already."""
        await self.witnesses.let_go()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await life.idle()
        gone = await life.items("deliveries?status=dead&sink=archive&limit=200")
        self.dead |= {each["event"] for each in gone}
        assert await life.end(signal.SIGTERM) == 0
        return self.evidence()

    def evidence(self) -> Evidence:
        """What was seen so far."""
        return self.witnesses.evidence(self.kills, self.dead)


@asynccontextmanager
async def load(them: Witnesses, life: Life) -> AsyncIterator[None]:
    """Webhooks are sent as fast as they are taken."""
    sending = asyncio.create_task(them.send(life.hook, life=life.number))
    try:
        yield
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


@asynccontextmanager
async def campaign(
    folder: Path, *, seed: int, plants: Sequence[str] = ()
) -> AsyncIterator[Campaign]:
    """A campaign on a new store in the folder."""
    async with witnesses(folder, seed) as them:
        config = configure(folder, them.url)
        rolls = random.Random(seed)
        lives = Campaign(config, them, rolls, plants)
        try:
            yield lives
        finally:
            for life in lives.lives:
                await life.end(signal.SIGKILL)
