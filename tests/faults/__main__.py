"""The whole fault suite, as a table: `python -m tests.faults [SEED]`, or `make faults`."""

import asyncio
import os
import platform
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from gateway.store.driver import driver
from tests.faults.campaign import ANY, campaign
from tests.faults.disks import LIMITS, Act, can_mount, fill, make_room, own_disk, trouble, unlimited
from tests.faults.neighbours import compare
from tests.faults.oracle import Evidence, judge
from tests.faults.powercut import NORMAL, cut_at, left_out, record
from tests.faults.proof import PROOFS, proven
from tests.faults.replicas import FAULTS, replicas
from tests.faults.replicas import load as replicated_load
from tests.faults.storms import STORMS, storm
from tests.faults.table import Row, Weather, lines, row, row_of_cuts, rows_of_kills, storm_lines
from tests.faults.troubled import TROUBLES as TROUBLED
from tests.faults.windows import WINDOWS
from tests.faults.witnesses import webhook

IN_EACH_WINDOW = 20
AT_ANY_MOMENT = 100
STOPS = 10
TROUBLES = 5
"""So often each disk takes nothing, while one process runs."""
CUTS = 1000
RECORDED = 60
"""Webhooks of which a recording tells."""
LEAST = 50
"""Deliveries that must wait at each kill."""
BESIDE = 60
"""Webhooks of each run beside a receiver in trouble."""
BOUND = 55 * 60.0
_MOST_SAID = 20
_MOST_TOLD = 1000


@dataclass(slots=True)
class Report:
    """What came of it so far."""

    rows: list[Row] = field(default_factory=list)
    storms: list[Weather] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    """What is no row."""
    wrong: list[str] = field(default_factory=list)
    """Whatever was not as it should be."""

    def add(self, fault: str, rounds: int, evidence: Evidence) -> None:
        """Adds a row, and every breach."""
        verdict = judge(evidence)
        self.rows.append(row(fault, rounds, evidence, verdict))
        self.wrong += [f"{fault}: {each.kind}: {each.text}" for each in verdict.violations]


async def kills(report: Report, folder: Path, seed: int) -> None:
    """At least so many in each window, in an order that is drawn."""
    rolls = random.Random(seed)
    windows = [*WINDOWS] * IN_EACH_WINDOW + [ANY] * (AT_ANY_MOMENT - 1)
    rolls.shuffle(windows)
    async with campaign(folder, seed=seed) as under_load:
        await under_load.seed()
        for number, window in enumerate(windows, start=2):
            await under_load.kill(window)
            _say(f"{number} kills of {len(windows) + 1}")
        evidence = await under_load.drain()
    report.rows += rows_of_kills(evidence, judge(evidence))
    report.add("killed: all", len(evidence.kills), evidence)
    least = min(kill.undelivered for kill in evidence.kills.values())
    if least < LEAST:
        report.wrong.append(f"only {least} deliveries waited at a kill")


async def stops(report: Report, folder: Path, seed: int) -> None:
    """SIGTERM, again and again."""
    async with campaign(folder, seed=seed) as under_load:
        for number in range(STOPS):
            await under_load.stop()
            _say(f"{number + 1} stops of {STOPS}")
        evidence = await under_load.drain()
    report.add("stopped by SIGTERM", STOPS, evidence)


async def disks(report: Report, folder: Path, seed: int) -> None:
    """Each kind of disk that takes nothing."""
    kinds: dict[str, tuple[Act, Act]] = {name: (begin, unlimited) for name, begin in LIMITS.items()}
    if await can_mount(folder):
        kinds["disk full (tmpfs)"] = (fill, make_room)
    else:
        _say("left out: a tmpfs that is full (this system lets nobody mount one)\n")
    for name, (begin, end) in kinds.items():
        _say(name)
        place = folder / name.replace(" ", "-")
        before = own_disk(place / "store") if begin is fill else ()
        async with campaign(place, seed=seed) as under_load:
            evidence = await trouble(under_load, begin, end, rounds=TROUBLES, before=before)
        report.add(name, TROUBLES, evidence)


async def power(report: Report, folder: Path, seed: int) -> None:
    """Power cuts, as the store is and with a setting that has to lose something."""
    if reason := await left_out():
        _say(f"left out: {reason}\n")
        return
    for fault, plants in {"power cut": (), f"planted: {NORMAL}": (NORMAL,)}.items():
        _say(fault)
        place = folder / fault.replace(": ", "-").replace(" ", "-")
        recording = await record(place, seed=seed, webhooks=RECORDED, plants=plants)
        cuts = await asyncio.to_thread(cut_at, recording, place / "cuts", seed=seed, number=CUTS)
        report.rows.append(row_of_cuts(fault, cuts))
        report.wrong += [f"{fault}: {each}" for each in cuts.broken]
        if bool(cuts.lost) != bool(plants):
            report.wrong.append(f"{fault}: {cuts.lost} lost")


async def proofs(report: Report, folder: Path, _seed: int) -> None:
    """Each planted fault, which has to be noticed."""
    for plant, proof in PROOFS.items():
        _say(f"planted: {plant}")
        evidence = await proven(folder / plant.replace(" ", "-"), plant)
        verdict = judge(evidence)
        shown = row(f"planted: {plant}", 1, evidence, verdict)
        report.rows.append(replace(shown, undelivered=None))
        if proof.kind not in verdict.kinds:
            report.wrong.append(f"planted: {plant}: not noticed, {proof.kind!r} was expected")


async def neighbours(report: Report, folder: Path, _seed: int) -> None:
    """What a healthy receiver notices of one in trouble."""
    for number, kind in enumerate(TROUBLED):
        _say(f"beside one that {kind}")
        found = await compare(folder / str(number), kind, webhooks=BESIDE)
        report.said.append(found.line)
        report.wrong += found.wrong


async def storms(report: Report, folder: Path, seed: int) -> None:
    """Each storm, on a gateway of its own."""
    for name, blow in STORMS.items():
        _say(name)
        async with storm(folder / name.replace(" ", "-"), seed) as under:
            await blow(under)
        report.add(f"storm: {name}", 1, under.evidence)
        report.storms.append(Weather(name, under.answers, under.cut_off, under.slowest, under.peak))
        report.wrong += [f"{name}: {each}" for each in under.wrong]


async def shared(report: Report, folder: Path, seed: int) -> None:
    """Each fault of replicas that share a database, again and again under load."""
    for number, fault in enumerate(FAULTS):
        place = folder / str(number)
        place.mkdir(parents=True)
        async with replicas(place, seed=seed, words=fault.words, patience=fault.patience) as them:
            rounds, deadline = 0, time.monotonic() + fault.seconds
            async with replicated_load(them):
                while time.monotonic() < deadline:
                    rounds += 1
                    _say(f"{fault.name}: round {rounds}")
                    await fault.round(them)
            evidence = await them.drain()
        report.add(fault.name, rounds, evidence)


async def suite(report: Report, folder: Path, seed: int) -> None:
    """One part after the other, within a bound; where one breaks off, the next begins."""
    deadline = time.monotonic() + BOUND
    for part in (kills, stops, disks, power, neighbours, storms, proofs, shared):
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                await part(report, folder / part.__name__, seed)
        except (AssertionError, TimeoutError) as error:
            said = str(error)[-_MOST_TOLD:] or "not done in time"
            report.wrong.append(f"{part.__name__} broke off: {said}")


def _conditions(seed: int) -> Iterator[str]:
    sizes = [len(webhook(1, opens=opens)[1]) for opens in (True, False)]
    yield f"seed {seed}; {os.cpu_count()} processors, Python {platform.python_version()}"
    yield f"SQLite {driver.sqlite_version}, write-ahead log, synchronous=FULL"
    yield f"bodies of {sizes[0]:,} and {sizes[1]:,} bytes; three receivers on loopback"


def _print(some: Iterable[str]) -> None:
    """Gives the lines that it is asked for."""
    sys.stdout.writelines(f"{line}\n" for line in some)
    sys.stdout.flush()


def _say(text: str) -> None:
    """Shows how far it is, where somebody looks."""
    if sys.stderr.isatty() or text.endswith("\n"):
        sys.stderr.write(f"\r\x1b[K{text}" if sys.stderr.isatty() else text)
        sys.stderr.flush()


def main(words: Sequence[str]) -> int:
    """Runs everything; 1 where anything was lost, duplicated or not noticed."""
    seed = int(words[0]) if words else random.SystemRandom().randrange(1_000_000)
    _print(_conditions(seed))
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    report, began = Report(), time.monotonic()
    asyncio.run(suite(report, folder, seed))
    _say("\n")
    parts = (lines(report.rows), storm_lines(report.storms), report.said)
    said = [line for part in parts for line in ("", *part)]
    said += ["", f"{time.monotonic() - began:.0f} s"]
    said += [f"WRONG {each}" for each in report.wrong[:_MOST_SAID]]
    if report.wrong:
        said.append(f"{len(report.wrong)} faults; journals and logs are in {folder}")
    else:
        shutil.rmtree(folder)
    _print(said)
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
