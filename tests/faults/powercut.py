"""Power cuts: what the real program wrote, synced and answered is recorded, then cut off anywhere.

Each cut rebuilds the files as a disk may hold them then, and SQLite opens them as at a start, which
recovers what its log holds. Every body that was answered 200 before the cut has to be there, byte
for byte, and the database has to be sound. Some are opened by the store itself as well.
"""

import asyncio
import hashlib
import random
import shutil
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path

import sqlalchemy as sa

from gateway.errors import GatewayError
from gateway.store import events
from gateway.store.driver import driver
from gateway.store.store import Store
from tests.faults.campaign import campaign
from tests.faults.timeline import CALLS, STRANGE, Answered, Reader, Step
from tests.faults.volatile import Volume, fate

NORMAL = "synchronous NORMAL"
"""The plant that has to lose something."""
_BY_THE_STORE = 20
"""Every so many cuts, the store opens the files as well."""
_LONGEST = 1_000_000
_SAID_WITHIN = 30.0


@dataclass(frozen=True, slots=True)
class Recording:
    """One life of the gateway."""

    steps: Sequence[Step]
    digests: Mapping[str, str]
    """Of every body that was answered 200, by its event."""


@dataclass(slots=True)
class Cuts:
    """What was found after them."""

    number: int = 0
    answered: int = 0
    """Bodies that had to be there, over all cuts."""
    lost: int = 0
    """Of these."""
    losing: int = 0
    """Cuts after which any was lost."""
    broken: list[str] = field(default_factory=list)
    """Databases that were not sound."""


async def left_out() -> str:
    """Why nothing can be recorded here; empty where it can."""
    if shutil.which("strace") is None:
        return "power cuts (they are recorded with strace, which is not installed)"
    process = await asyncio.create_subprocess_exec(
        *_recorded(Path("/dev/null")),
        "true",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(_SAID_WITHIN):
            _, said = await process.communicate()
    except TimeoutError:
        process.kill()
        return "power cuts (strace does not end)"
    if process.returncode or said:
        return f"power cuts (strace may not trace: {said.decode().strip()[:200]})"
    return ""


async def record(
    folder: Path, *, seed: int, webhooks: int, plants: Sequence[str] = ()
) -> Recording:
    """A life under load on a new store, with dispatch and delivery as usual, to its orderly end."""
    trace = folder / "trace"
    async with campaign(folder, seed=seed, plants=plants) as under_load:
        life, them = await under_load.start(before=_recorded(trace)), under_load.witnesses
        assert await life.started(), life.log.read_text()
        await them.let_go()
        await them.send(life.hook, life=life.number, most=webhooks)
        evidence = await under_load.finish(life)
    digests = {each.event: each.webhook.digest for each in evidence.acknowledged}
    steps = await asyncio.to_thread(_steps, trace, folder / "store" / "gateway.db")
    told = {each.event for each in steps if isinstance(each, Answered)}
    assert told >= set(digests), "answers were seen that are not on the timeline"
    return Recording(steps, digests)


def _steps(trace: Path, database: Path) -> Sequence[Step]:
    with trace.open(encoding="ascii") as lines:
        return list(Reader(str(database.resolve())).steps(lines))


def _recorded(trace: Path) -> Sequence[str]:
    """Words that run a program so that it is recorded; it stays the process that was started."""
    how = ("-D", "-f", "--seccomp-bpf", "-qq", "-y", "-xx", "-s", str(_LONGEST))
    return ("strace", *how, "-e", "signal=none", "-e", f"trace={CALLS},{STRANGE}", "-o", str(trace))


def cut_at(recording: Recording, folder: Path, *, seed: int, number: int) -> Cuts:
    """So many cuts: half of them right after an answer, where it is tightest, half anywhere."""
    rolls, steps, cuts = random.Random(seed), recording.steps, Cuts()
    answers = [at for at, step in enumerate(steps, start=1) if isinstance(step, Answered)]
    moments = [rolls.choice(answers) for _ in range(number // 2)]
    moments += [rolls.randint(1, len(steps)) for _ in range(number - len(moments))]
    volume, answered = Volume(), set[str]()
    for begin, end in pairwise([0, *sorted(moments)]):
        for step in steps[begin:end]:
            volume.take(step)
            if isinstance(step, Answered):
                answered.add(step.event)
        place = folder / f"cut-{cuts.number}"
        _write(place, volume.cut(fate(rolls)))
        due = {event: recording.digests[event] for event in answered & set(recording.digests)}
        _count(cuts, place, due)
        shutil.rmtree(place)
    return cuts


def _write(place: Path, files: Mapping[str, bytes]) -> None:
    place.mkdir(parents=True)
    for name, content in files.items():
        (place / name).write_bytes(content)


def _count(cuts: Cuts, place: Path, due: Mapping[str, str]) -> None:
    """Adds what one cut left."""
    cuts.number += 1
    cuts.answered += len(due)
    database = place / "gateway.db"
    try:
        found = _bodies(database)
        lost = {event for event, digest in due.items() if found.get(event) != digest}
        if not lost and due and cuts.number % _BY_THE_STORE == 0:
            lost = asyncio.run(_missed(database, due))
    except (driver.Error, zlib.error, sa.exc.SQLAlchemyError, GatewayError) as error:
        cuts.broken.append(f"{place.name}: {error}")
        lost = set(due)
    cuts.lost += len(lost)
    cuts.losing += bool(lost)


def _bodies(database: Path) -> Mapping[str, str]:
    """The digest of every stored body, by its event."""
    connection = driver.connect(database)
    try:
        # The copy needs no sync of its own, and its log need not be emptied.
        connection.execute("PRAGMA synchronous=OFF")
        (sound,) = connection.execute("PRAGMA integrity_check").fetchone()
        if sound != "ok":
            raise driver.DatabaseError(sound)
        known = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'bodies'").fetchone()
        rows = connection.execute("SELECT event_id, body FROM bodies") if known else ()
        return {event: hashlib.sha256(zlib.decompress(body)).hexdigest() for event, body in rows}
    finally:
        connection.close()


async def _missed(database: Path, due: Mapping[str, str]) -> set[str]:
    """What the store itself does not give back."""
    store = Store.open(f"sqlite:///{database}")
    try:
        found = {each: await store.read(partial(events.body, event_id=each)) for each in due}
    finally:
        store.close()
    return {each for each in due if hashlib.sha256(found[each]).hexdigest() != due[each]}
