"""From the last byte of a webhook to the first byte of its message at the endpoint."""

from collections.abc import Mapping, Sequence
from functools import partial

from bench import gateway
from bench.accept import Started
from bench.baseline import bare
from bench.load import Load, paced
from bench.receiver import Receiver, receiving
from bench.result import Figure, Part, Row, percentile
from bench.webhook import SIZE, number, requests

CONNECTIONS = 64
RATES = (50, 200)
"""Events per second."""
SHARES = (0.5, 0.95, 0.99)
_WITHIN = 10.0
"""Seconds after the last webhook in which everything should have arrived."""


async def measure(*, quick: bool) -> Part:
    """Of the gateway and of a bare relay, each fresh for each rate."""
    warm, seconds, rates = (0.3, 1.0, RATES[:1]) if quick else (2.0, 8.0, RATES)
    rows = []
    async with receiving(keep=True) as receiver:
        ways: Mapping[str, Started] = {
            "gateway": partial(gateway.running, receiver.url, gateway.PER_EVENT),
            "bare relay": partial(bare, "relay", receiver.url),
        }
        for rate in rates:
            sent, first = requests(0, int(rate * (warm + seconds))), int(rate * warm)
            for name, way in ways.items():
                figures = await _figures(receiver, way, sent, rate, first)
                rows.append(Row(what=f"{name}, {rate} events/s", figures=figures))
    return Part(
        name="delay",
        title="From the last byte received to the first byte at the endpoint",
        rows=rows,
        notes=[
            (
                f"{SIZE:,} bytes with three findings, an alert for each event, one endpoint; "
                f"{seconds:g} s after {warm:g} s, at a rate that waits for nobody. The last byte "
                "counts as received when it was written, on loopback."
            ),
            (
                f"Delivered: the share that arrived within {_WITHIN:g} s after the last webhook; "
                "below 100 the queue grew, and percentiles are of what arrived."
            ),
            "A peer publishes p95 of 124 ms and 127 ms at these rates, on a rig of its own.",
        ],
    )


async def _figures(
    receiver: Receiver, way: Started, sent: Sequence[bytes], rate: int, first: int
) -> Mapping[str, Figure]:
    receiver.clear()
    async with way() as started:
        load = await paced(started.port, sent, rate, CONNECTIONS)
        await receiver.until(len(sent), _WITHIN)
    waited = delays(load.sound(), receiver, first=first)
    shown: dict[str, Figure] = {
        f"p{share * 100:.0f}, ms": percentile(waited, share) * 1000 if waited else "-"
        for share in SHARES
    }
    return {**shown, "delivered, %": len(receiver.times) / len(sent) * 100}


def delays(load: Load, receiver: Receiver, *, first: int) -> Sequence[float]:
    """Seconds from webhook to message, of each project from that number on."""
    arrived = zip(map(number, receiver.bodies), receiver.times, strict=True)
    return [at - load.written[project] for project, at in arrived if project >= first]
