"""Disks that take no more: for a while, under a gateway that runs."""

import asyncio
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from resource import RLIM_INFINITY, RLIMIT_FSIZE, prlimit
from types import MappingProxyType

from tests.faults.campaign import Campaign, load
from tests.faults.oracle import Evidence
from tests.faults.process import Life

SOME = 20
MANY = 10_000
_LARGEST = 16
"""Megabytes of the disk that is filled."""
_FILLER = 64 * 1024

Act = Callable[[Life, Path], None]


def no_larger(life: Life, store: Path) -> None:
    """No file grows: what is there can be written over."""
    _limit(life, max(each.stat().st_size for each in store.iterdir()))


def no_write(life: Life, _store: Path) -> None:
    """No write succeeds, as on a volume that has become read-only."""
    _limit(life, 0)


def unlimited(life: Life, _store: Path) -> None:
    """Everything can be written again."""
    _limit(life, RLIM_INFINITY)


LIMITS: Mapping[str, Act] = MappingProxyType({"disk full": no_larger, "read-only": no_write})
"""The system's limit on the size of files, changed from outside: it needs no privilege."""


def fill(life: Life, store: Path) -> None:
    """Writes until nothing is left."""
    with suppress(OSError), _filler(life, store).open("wb", buffering=0) as file:
        while file.write(bytes(_FILLER)):
            pass


def make_room(life: Life, store: Path) -> None:
    """Takes that away again."""
    _filler(life, store).unlink()


def own_disk(store: Path) -> Sequence[str]:
    """Words that run a program with a small disk of its own at the folder, for it alone."""
    store.mkdir(parents=True)
    mounting = f'mount -t tmpfs -o size={_LARGEST}m tmpfs "$0" && exec "$@"'
    return ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mounting, str(store))


async def can_mount(folder: Path) -> bool:
    """Whether this system lets us have such a disk."""
    if shutil.which("unshare") is None:
        return False
    words = [*own_disk(folder / "try"), "true"]
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*words, stdout=quiet, stderr=quiet)
    return await process.wait() == 0


async def trouble(
    under_load: Campaign, begin: Act, end: Act, *, rounds: int = 1, before: Sequence[str] = ()
) -> Evidence:
    """One life under load, which meets that trouble so many times, and gets over it."""
    them, store = under_load.witnesses, under_load.config.parent / "store"
    life = await under_load.start(before=before)
    assert await life.started(), life.log.read_text()
    them.ahead = MANY  # what cannot be dispatched must not keep it from sending
    async with load(them, life):
        await them.more(them.acknowledged, SOME)
        for _ in range(rounds):
            begin(life, store)
            await them.more(them.refusals, SOME)
            assert not await life.ready()
            end(life, store)
            await them.more(them.acknowledged, SOME)
            assert await life.ready()
    assert set(them.refusals) == {503}
    return await under_load.finish(life)


def _limit(life: Life, most: int) -> None:
    prlimit(life.process.pid, RLIMIT_FSIZE, (most, RLIM_INFINITY))


def _filler(life: Life, store: Path) -> Path:
    """A file on the disk that only that process sees."""
    return Path(f"/proc/{life.process.pid}/root{store}/filler")
