"""Durable accept against a bare handler that only reads and checks the HMAC: webhooks a second."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from itertools import islice
from typing import Protocol

from bench import gateway
from bench.baseline import bare
from bench.gateway import Route
from bench.goal import row
from bench.load import closed, lasting
from bench.pairs import in_turn, ratio
from bench.receiver import receiving
from bench.result import Part, Row, Spread
from bench.webhook import SIZE, requests, supply

CONNECTIONS = 64
GOAL = "ratio >= 0.75"
CASES: Sequence[tuple[str, Route]] = (
    ("no route takes it", gateway.NOWHERE),
    ("while it delivers", gateway.PER_EVENT),
)
"""By row: the gateway's route; the goal is for the first."""
_MADE = 8_000
_WARM = 256
"""Webhooks before those that count."""


class Listening(Protocol):
    """Whatever takes webhooks."""

    @property
    def port(self) -> int:
        """Of this machine."""
        ...


Started = Callable[[], AbstractAsyncContextManager[Listening]]


async def measure(*, quick: bool) -> Part:
    """Rates of fresh processes in turn, the gateway's store empty each time."""
    rounds, seconds, cases = (1, 0.5, CASES[:1]) if quick else (5, 2.0, CASES)
    made = requests(0, _MADE)
    async with receiving() as receiver:
        ways: Sequence[Started] = (
            partial(bare, "handler"),
            *(partial(gateway.running, receiver.url, route) for _, route in cases),
        )
        runs = [partial(rate, way, made, seconds) for way in ways]
        handler, *gateways = zip(*await in_turn(rounds, *runs), strict=True)
    return Part(
        name="accept",
        title="Durable accept against a bare handler",
        rows=list(_rows(cases, gateways, handler)),
        notes=[
            (
                f"{SIZE:,} bytes with three findings, {CONNECTIONS} connections; rounds: {rounds}, "
                f"of {seconds:g} s each; every webhook of another project."
            ),
            (
                "The gateway answers once the commit is on the disk. Its dispatcher runs "
                "meanwhile, as in production; the goal is for events that no route takes, so that "
                "it has nothing to deliver. While it delivers, one processor does both."
            ),
        ],
    )


async def rate(way: Started, made: Sequence[bytes], seconds: float) -> float:
    """Webhooks a second that are answered 2xx."""
    async with way() as started:
        rest: Iterator[bytes] = supply(made)
        await closed(started.port, islice(rest, _WARM), CONNECTIONS)
        return (await closed(started.port, lasting(rest, seconds), CONNECTIONS)).sound().rate


def _rows(
    cases: Sequence[tuple[str, Route]],
    gateways: Sequence[Sequence[float]],
    bares: Sequence[float],
) -> Iterator[Row]:
    figures = [_figures(each, bares) for each in gateways]
    yield row(cases[0][0], figures[0], GOAL)
    for (what, _), those in zip(cases[1:], figures[1:], strict=True):
        yield Row(what=what, figures=those)


def _figures(gateways: Sequence[float], bares: Sequence[float]) -> dict[str, Spread]:
    return {
        "bare/s": Spread.of(bares),
        "gateway/s": Spread.of(gateways),
        "ratio": ratio(gateways, bares),
    }
