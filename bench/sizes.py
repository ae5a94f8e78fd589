"""One event with 10 to 5,000 findings: how long, how much memory, and what a finding costs."""

import asyncio
import time
from dataclasses import dataclass

from bench import gateway
from bench.gateway import Gateway
from bench.goal import row
from bench.load import closed
from bench.receiver import Receiver, receiving
from bench.result import Figure, Part, Row, Spread
from bench.webhook import body, request

SIZES = (10, 100, 1_000, 5_000)
BYTES = 4_000
"""Of each finding: 5,000 of them are 20 MB."""
GOAL = "ratio <= 1.5"
_MOST_TIMES = 20
_WITHIN = 180.0


@dataclass(frozen=True, slots=True)
class Size:
    """What events of one size were like."""

    findings: int
    seconds: Spread
    """From sending one until its alert was delivered."""
    idle: float
    """MiB before them."""
    peak: float
    """MiB at the most."""
    cpu: float
    """Seconds of processor time for each."""


async def measure(*, quick: bool) -> Part:
    """Each size at a fresh gateway, which gets some time after a delivery to be done with it."""
    sizes, work, settles = (SIZES[:3], 200, 0.2) if quick else (SIZES, 10_000, 0.5)
    async with receiving() as receiver:
        came = [await _size(receiver, each, times(each, work), settles) for each in sizes]
    costs = {each.findings: cost(each, came[0]) for each in came[1:]}
    return Part(
        name="sizes",
        title="One event with many findings",
        rows=[*(_row(each, costs) for each in came), _judged(costs)],
        notes=[
            (
                f"{BYTES:,} bytes for each finding, all of them new, in one alert; one event at a "
                f"time, up to {_MOST_TIMES} of each size, each of another project, at a fresh "
                "gateway."
            ),
            (
                "A finding's cost is processor time; what an event costs anyway is taken out by "
                f"taking off an event of {came[0].findings} findings: (cost of n - cost of "
                f"{came[0].findings}) / (n - {came[0].findings})."
            ),
        ],
    )


def times(findings: int, work: int) -> int:
    """How many events of that size make so many findings, within reason."""
    return max(1, min(work // findings, _MOST_TIMES))


def cost(size: Size, small: Size) -> float:
    """Milliseconds of processor time for a finding."""
    return (size.cpu - small.cpu) * 1000 / (size.findings - small.findings)


async def _size(receiver: Receiver, findings: int, often: int, settles: float) -> Size:
    sent = [
        request("/webhooks/snyk", body(project, findings, findings * BYTES))
        for project in range(1, often + 1)
    ]
    async with gateway.running(receiver.url, gateway.PER_EVENT) as ours:
        await _through(ours, receiver, request("/webhooks/snyk", body(0)))  # the first is slower
        await asyncio.sleep(settles)
        idle, before = ours.child.memory, ours.child.cpu_seconds
        took = [await _through(ours, receiver, each) for each in sent]
        await asyncio.sleep(settles)
        used = ours.child.cpu_seconds - before
        return Size(findings, Spread.of(took), idle, ours.child.most_memory, used / often)


async def _through(ours: Gateway, receiver: Receiver, sent: bytes) -> float:
    receiver.clear()
    began = time.perf_counter()
    (await closed(ours.port, [sent], 1)).sound()
    if not await receiver.until(1, _WITHIN):
        raise RuntimeError(f"an event of {len(sent):,} bytes did not come through")
    return receiver.times[0] - began


def _row(size: Size, costs: dict[int, float]) -> Row:
    figures: dict[str, Figure] = {
        "MB": size.findings * BYTES / 1e6,
        "until delivered, s": size.seconds,
        "idle, MiB": size.idle,
        "peak, MiB": size.peak,
        "CPU-ms": size.cpu * 1000,
        "CPU-ms/finding": costs.get(size.findings, "-"),
    }
    return Row(what=f"{size.findings:,} findings", figures=figures)


def _judged(costs: dict[int, float]) -> Row:
    dearest, cheapest = max(costs.values()), min(costs.values())
    what = f"a finding's cost, dearest against cheapest of {min(costs):,} to {max(costs):,}"
    return row(what, {"ratio": dearest / cheapest}, GOAL)
