"""Accept, route, render and deliver, sustained, against a relay that stores nothing."""

from collections.abc import Sequence
from functools import partial
from itertools import islice

from bench import gateway
from bench.baseline import bare
from bench.gateway import Route
from bench.goal import row
from bench.pairs import in_turn, ratio
from bench.receiver import Receiver, receiving
from bench.result import Figure, Part, Spread
from bench.webhook import SIZE, requests, supply
from bench.window import Flow, Window

GOAL = "ratio >= 0.6"
KINDS = {
    "an alert for each event": ("relay", gateway.PER_EVENT),
    "each event as it is": ("whole", gateway.EVENTS),
}
"""By row: the relay's kind, and the gateway's route."""
_MADE = 4_000


async def measure(*, quick: bool) -> Part:
    """Rates of fresh processes in turn, the gateway's store empty each time."""
    rounds, kinds = (1, 1) if quick else (5, len(KINDS))
    window = Window(warm=0.4, seconds=0.8) if quick else Window(warm=1.5, seconds=3.0)
    made = requests(0, _MADE)
    rows = []
    async with receiving() as receiver:
        for what, (kind, route) in islice(KINDS.items(), kinds):
            relay = partial(through_relay, receiver, kind, made, window)
            ours = partial(through_gateway, receiver, route, made, window)
            relays, gateways = zip(*await in_turn(rounds, relay, ours), strict=True)
            rows.append(row(what, _figures(relays, gateways), GOAL))
    return Part(
        name="sustained",
        title="Accepted, routed, rendered and delivered, against a bare relay",
        rows=rows,
        notes=[
            (
                f"{SIZE:,} bytes with three findings, {window.connections} connections, one "
                f"endpoint that answers at once; rounds: {rounds}, of {window.seconds:g} s after "
                f"{window.warm:g} s. At most {window.size} events are under way at a time: each "
                "delivery lets the next webhook go, so no queue grows."
            ),
            (
                "The relay checks the signature, parses, posts and answers, and stores nothing. "
                "For an alert each posts a message of its own, for an event as it is Snyk's body."
            ),
        ],
    )


async def through_relay(
    receiver: Receiver, kind: str, made: Sequence[bytes], window: Window
) -> Flow:
    """What the relay sustains."""
    receiver.clear()
    async with bare(kind, receiver.url) as relay:
        return await window.flow(relay.child, relay.port, receiver, supply(made))


async def through_gateway(
    receiver: Receiver, route: Route, made: Sequence[bytes], window: Window
) -> Flow:
    """What the gateway sustains."""
    receiver.clear()
    async with gateway.running(receiver.url, route) as ours:
        return await window.flow(ours.child, ours.port, receiver, supply(made))


def _figures(relays: Sequence[Flow], gateways: Sequence[Flow]) -> dict[str, Figure]:
    return {
        "relay/s": Spread.of([each.rate for each in relays]),
        "gateway/s": Spread.of([each.rate for each in gateways]),
        "ratio": ratio([each.rate for each in gateways], [each.rate for each in relays]),
        "relay, CPU-ms/event": Spread.of([each.cpu for each in relays]),
        "gateway, CPU-ms/event": Spread.of([each.cpu for each in gateways]),
    }
