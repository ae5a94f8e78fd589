"""The part of the benchmark that holds the gateway against others: rounds, rows and notes."""

import argparse
import asyncio
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from bench import report
from bench.cores import stand_aside
from bench.peers import alertmanager, gateway, hooks, nodered
from bench.peers.chain import Chain, Program
from bench.peers.rounds import FINDINGS, Round, lost, run, scene
from bench.result import Figure, Part, Row, Spread, Verdict, judged

CHAINS = (
    gateway.ALERTS,
    gateway.SINGLE,
    alertmanager.SHIMMED,
    alertmanager.ALONE,
    hooks.CHAIN,
    nodered.CHAIN,
)
GOAL = 1.2
"""Times the best of the others, in findings delivered per CPU-second."""
PER_CPU = "findings/CPU-s"
_RATIO = "times the best other"
_VERSIONS: Sequence[tuple[Program, str]] = (
    (alertmanager.PROGRAM, "--version"),
    (hooks.PROGRAM, "-version"),
    (hooks.CURL, "--version"),
    (nodered.PROGRAM, "--version"),
)


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    rounds: int
    share: float
    """Of the events that a chain has in a round."""
    killed: int
    """Events that are accepted before the SIGKILL."""
    aside: bool
    """Whether chains are measured too that are no part of the goal."""
    quiet: float
    """Seconds without a delivery after which what is missing is lost."""


FULL = Size(rounds=5, share=1.0, killed=100, aside=True, quiet=3.0)
QUICK = Size(rounds=1, share=0.1, killed=10, aside=False, quiet=1.0)


@dataclass(slots=True)
class Measured:
    """What a chain came to."""

    COLUMNS: ClassVar = (
        "accepted/s",
        "findings/s",
        PER_CPU,
        "lost after SIGKILL",
    )
    rounds: list[Round] = field(default_factory=list)
    lost: tuple[int, int] = (0, 0)

    @property
    def per_cpu(self) -> Spread:
        """Findings delivered per CPU-second."""
        return Spread.of([each.per_cpu for each in self.rounds])

    @property
    def figures(self) -> Mapping[str, Figure]:
        """By column."""
        missing, accepted = self.lost
        figures: Sequence[Figure] = (
            statistics.median(each.accepted for each in self.rounds),
            statistics.median(each.delivered for each in self.rounds),
            self.per_cpu,
            f"{missing} of {accepted}",
        )
        return dict(zip(self.COLUMNS, figures, strict=True))


async def measure(*, quick: bool) -> Part:
    """All chains that are installed, in turn in each round."""
    stand_aside()
    size = QUICK if quick else FULL
    chains = [chain for chain in CHAINS if size.aside or not chain.aside]
    there = [chain for chain in chains if not chain.missing]
    measured = {chain.what: Measured() for chain in there}
    for number in range(size.rounds):
        for chain in there:
            is_last = number == size.rounds - 1
            await _round(chain, measured[chain.what], size, is_last=is_last)
    return Part(
        name="peers",
        title="The same work by what a team would use instead",
        rows=list(rows(chains, measured)),
        notes=[*_notes(size), *_versions()],
    )


async def _round(chain: Chain, measured: Measured, size: Size, *, is_last: bool) -> None:
    """A round on an empty folder; the last one ends with a SIGKILL."""
    async with scene(chain) as stage, stage.running() as processes:
        events = max(round(chain.events * size.share), 1)
        measured.rounds.append(await run(stage, processes, events))
        if is_last:
            measured.lost = await lost(stage, processes, size.killed, size.quiet)


def rows(chains: Sequence[Chain], measured: Mapping[str, Measured]) -> Iterator[Row]:
    """One for each chain, all with the same columns; the gateway's first one has the goal."""
    best = max(
        (
            measured[chain.what].per_cpu.median
            for chain in chains
            if chain.what in measured and not chain.ours and not chain.aside
        ),
        default=0.0,
    )
    for chain in chains:
        if chain.what in measured:
            yield _row(chain, measured[chain.what], best)
        else:
            figures = dict.fromkeys([*Measured.COLUMNS, _RATIO], "")
            yield Row(what=chain.what, figures={**figures, PER_CPU: chain.missing})


def _row(chain: Chain, measured: Measured, best: float) -> Row:
    ratio = measured.per_cpu.median / best if best else None
    figures = {**measured.figures, _RATIO: "" if ratio is None else ratio}
    if not chain.ours or chain.aside:
        return Row(what=chain.what, figures=figures)
    verdict: Verdict = "no verdict" if ratio is None else judged(ratio >= GOAL)
    return Row(what=chain.what, figures=figures, goal=f"{_RATIO} >= {GOAL}", verdict=verdict)


def _notes(size: Size) -> Iterator[str]:
    """What whoever reads the figures must know."""
    yield (
        f"{FINDINGS} findings in a body of 7,000 bytes, one notification for each, 64 connections,"
        f" the same receiver; medians of {size.rounds} round(s), interleaved, on fresh data, after"
        " a quarter of the events as a warm-up; least to most in brackets."
    )
    yield (
        "Every program of a chain runs on one core; the load and the receiver have the others. Go"
        " sees one processor, which is GOMAXPROCS=1. CPU-seconds are those of the whole chain, with"
        " the programs that it started."
    )
    yield (
        f"SIGKILL: to all programs of a chain as the last of {size.killed} events was answered,"
        f" once; restarted over the same data; lost is what had not arrived {size.quiet:g} s after"
        " the last arrival. What a quick chain delivered before the kill is not lost."
    )
    yield (
        "In favour of the others: they keep nothing of what they accepted. Alertmanager writes"
        " silences and its notification log every 15 minutes and at a clean end, alerts never;"
        " webhook answers as it starts curl; Node-RED and the shim hold events in memory. The"
        " gateway commits each event to its disk before it answers, and each delivery before and"
        " after it is tried; it remembers every alert, so as to close it when the finding is fixed."
        " They tell and forget, as `deliver: findings` does."
    )
    yield (
        "In favour of the others: their messages are smaller (webhook's is three form fields,"
        " Node-RED's five). The three findings are written out in webhook's hook, so that it starts"
        " one process for an event, with one connection. group_interval is longer than a round, so"
        " that Alertmanager looks at no group twice: with 1s it delivers less per CPU-second."
    )
    yield (
        "In favour of the gateway: the shim and Alertmanager are two processes, with a request"
        " between them. Starting a process for each event is what webhook is for, and most of its"
        " cost. The shim answers when Alertmanager has; webhook and Node-RED answer at once."
    )
    yield (
        "Alertmanager alone takes small requests that were made before, verifies nothing and is no"
        " part of the goal."
    )


def _versions() -> Iterator[str]:
    for program, option in _VERSIONS:
        if program.path:
            ran = subprocess.run(  # noqa: S603 - a program of the table
                program.command(option), capture_output=True, text=True, check=False, timeout=30
            )
            yield (ran.stdout or ran.stderr).partition("\n")[0].strip()


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round: proves nothing")
    part = asyncio.run(measure(quick=parser.parse_args().quick))
    sys.stdout.write(report.text(part))
