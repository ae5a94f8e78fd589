"""How long a webhook waits for its answer at half the bare handler's rate, come what may.

Time counts from when a webhook was to be sent, so one that had to wait for its turn is late too.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import islice

from bench import gateway
from bench.baseline import Bare, bare
from bench.goal import row
from bench.load import closed, lasting, paced
from bench.pairs import in_turn
from bench.receiver import receiving
from bench.result import Figure, Part, Row, Spread, percentile
from bench.webhook import SIZE, requests, supply

CONNECTIONS = 64
GOAL = "ratio <= 2"
STEADY = 1.3
"""By how much the bare handler may differ from itself, where anything is to be said."""
_MADE = 6_000
_WARM = 256


async def measure(*, quick: bool) -> Part:
    """Bare, gateway and bare again, in turn; the gateway's store empty each time."""
    rounds, seconds = (1, 0.5) if quick else (7, 2.0)
    made = requests(0, _MADE)
    async with receiving() as receiver, bare("handler") as handler:
        await closed(handler.port, made[:_WARM], CONNECTIONS)
        full = await closed(handler.port, lasting(iter(made), seconds), CONNECTIONS)
        rate = full.sound().rate / 2
        sent = made[: int(rate * seconds)]
        alone = partial(of_bare, handler, sent, rate)
        ours = partial(of_gateway, receiver.url, made, sent, rate)
        first, gateways, again = zip(*await in_turn(rounds, alone, ours, alone), strict=True)
    return Part(
        name="latency",
        title="Time until a webhook is answered, at half the bare handler's rate",
        rows=[judged_row(first, gateways, again)],
        notes=[
            (
                f"{SIZE:,} bytes with three findings, which no route takes; {rate:,.0f} a second "
                f"over {CONNECTIONS} connections; rounds: {rounds}, of {seconds:g} s each, counted "
                "from when each webhook was to be sent. Figures are the rounds' 99th percentiles."
            ),
            f"No verdict where the bare handler differs from itself by more than {STEADY}.",
        ],
    )


async def of_bare(handler: Bare, sent: Sequence[bytes], rate: float) -> float:
    """The 99th percentile, in seconds."""
    return percentile((await paced(handler.port, sent, rate, CONNECTIONS)).sound().latencies, 0.99)


async def of_gateway(url: str, made: Sequence[bytes], sent: Sequence[bytes], rate: float) -> float:
    """The same of a fresh gateway, which is warm by then."""
    async with gateway.running(url, gateway.NOWHERE) as ours:
        await closed(ours.port, islice(supply(made), len(made), len(made) + _WARM), CONNECTIONS)
        load = await paced(ours.port, sent, rate, CONNECTIONS)
        return percentile(load.sound().latencies, 0.99)


def judged_row(first: Sequence[float], gateways: Sequence[float], again: Sequence[float]) -> Row:
    """The ratio of the medians; `no verdict` where the bare handler does not even match itself."""
    medians = sorted([Spread.of(first).median, Spread.of(again).median])
    itself = medians[1] / medians[0]
    bare_handler, ours = Spread.of([*first, *again]), Spread.of(gateways)
    figures: dict[str, Figure] = {
        "bare, ms": _milliseconds(bare_handler),
        "gateway, ms": _milliseconds(ours),
        "ratio": ours.median / bare_handler.median,
        "bare against bare": itself,
    }
    held = row("99th percentile", figures, GOAL)
    return held if itself <= STEADY else replace(held, verdict="no verdict")


def _milliseconds(spread: Spread) -> Spread:
    return Spread(spread.median * 1000, spread.least * 1000, spread.most * 1000)
