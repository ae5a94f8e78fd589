"""One round of a chain, and what it loses when it is killed."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.disk import scratch
from bench.load import Load, closed
from bench.peers.chain import Chain, Processes
from bench.receiver import Receiver, receiving

CONNECTIONS = 64
FINDINGS = 3
"""Of each event."""
_WARM, _ROUND, _KILL = 1, 100_000, 200_000
"""The first project's number in each: what arrives tells to which it belongs."""
_QUIET = 20.0
"""Seconds without a delivery after which a round is over, whatever is missing."""
_SETTLES = 0.2
"""Seconds after the last delivery: what a chain does behind it is part of its cost."""
_PROJECT = re.compile(rb"service-(\d{9})")
_ISSUE = re.compile(rb"SNYK-[A-Z]+-[A-Z]+-\d+-\d+")

Finding = tuple[int, bytes]
"""A project's number and an issue's id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one round came to."""

    accepted: float
    """Events per second that were answered with 2xx."""
    delivered: float
    """Findings per second that arrived, from the first request to the last arrival."""
    per_cpu: float
    """Findings that arrived, for each second of processor time of the whole chain."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A chain with its folder and its receiver."""

    chain: Chain
    folder: Path
    receiver: Receiver

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Processes]:
        """The chain, over whatever it left in its folder before."""
        async with self.chain.running(self.folder, self.receiver.url) as processes:
            yield processes


@asynccontextmanager
async def scene(chain: Chain) -> AsyncIterator[Scene]:
    """A chain that has not run yet."""
    with scratch() as name:
        async with receiving(keep=True) as receiver:
            yield Scene(chain, Path(name), receiver)


async def run(stage: Scene, processes: Processes, events: int) -> Round:
    """One round of so many events, after a quarter of them to warm it up."""
    warm = await _offer(processes, stage.chain.requests(_WARM, max(events // 4, 1)))
    await _arrive(stage.receiver, _WARM, FINDINGS * warm.good)
    stage.receiver.clear()
    requests = stage.chain.requests(_ROUND, events)
    used, began = processes.cpu_seconds, time.perf_counter()
    load = await _offer(processes, requests)
    came = await _arrive(stage.receiver, _ROUND, FINDINGS * load.good)
    ended = stage.receiver.times[-1] if came else time.perf_counter()
    await asyncio.sleep(_SETTLES)
    used = processes.cpu_seconds - used
    return Round(accepted=load.rate, delivered=came / (ended - began), per_cpu=came / used)


async def lost(stage: Scene, processes: Processes, events: int, quiet: float) -> tuple[int, int]:
    """Findings that never arrived, and those that were accepted before a SIGKILL.

    It is killed as the last answer is there, started again over its data, and given up once
    nothing came for so many seconds.
    """
    stage.receiver.clear()
    load = await _offer(processes, stage.chain.requests(_KILL, events))
    await processes.kill()
    accepted = FINDINGS * load.good
    async with stage.running():
        came = await _arrive(stage.receiver, _KILL, accepted, quiet)
    return max(accepted - came, 0), accepted


async def _offer(processes: Processes, requests: Sequence[bytes]) -> Load:
    return await closed(processes.port, requests, CONNECTIONS)


async def _arrive(receiver: Receiver, first: int, wanted: int, quiet: float = _QUIET) -> int:
    """How many different findings came, once all did or nothing came for so long."""
    found: set[Finding] = set()
    read = 0
    while len(found) < wanted and await receiver.until(read + 1, quiet):
        there = len(receiver.bodies)
        found |= arrived(receiver.bodies[read:there], first)
        read = there
    return len(found)


def arrived(requests: Iterable[bytes], first: int) -> set[Finding]:
    """The findings that the requests tell of, each once, of the projects from that number on."""
    return {
        (int(project[1]), issue)
        for request in requests
        if (project := _PROJECT.search(request)) and int(project[1]) >= first
        for issue in _ISSUE.findall(request)
    }
