"""`snyk-gateway simulate`: sample events for a running gateway."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from gateway.cli.event_file import known_sample
from gateway.cli.options import now_or
from gateway.cli.progress import progress
from gateway.cli.streams import show
from gateway.cli.text import printable

Url = Annotated[
    str,
    typer.Option("--url", help="Address of the gateway; /webhooks/snyk is added where missing."),
]
Secret = Annotated[
    str,
    typer.Option(
        "--secret",
        envvar="SNYK_WEBHOOK_SECRET",
        help="Secret to sign with.",
        show_default=False,
    ),
]
Scenario = Annotated[
    str,
    typer.Option(
        "--scenario",
        metavar="NAME",
        help="Sample to send: ping, clean, new-critical, new-mixed, fixed, license, container, "
        "storm, large.",
    ),
]
Number = Annotated[
    int, typer.Option("--count", min=1, max=100_000, help="How many events, each one distinct.")
]
Concurrency = Annotated[
    int, typer.Option("--concurrency", min=1, max=256, help="How many at the same time.")
]


def simulate(
    url: Url,
    secret: Secret,
    scenario: Scenario = "new-critical",
    count: Number = 1,
    concurrency: Concurrency = 8,
) -> int:
    """Send signed sample events to a running gateway and count its answers."""
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        raise typer.BadParameter("write https://gateway.example", param_hint="--url")
    events = events_of(known_sample(scenario), count, now_or(None))
    began = time.monotonic()
    tally = asyncio.run(_send_all(url, secret, events, count, concurrency))
    for line in summary(tally, time.monotonic() - began):
        show(printable(line))
    return 0 if tally["accepted"] == count else 1


def events_of(scenario: str, count: int, at: datetime) -> Iterator[dict[str, Any]]:
    """That many bodies of a sample, numbered from 1, no two the same."""
    from gateway import samples

    number = sent = 0
    while sent < count:
        number += 1
        bodies = samples.bodies(scenario, number=number, at=at)[: count - sent]
        sent += len(bodies)
        yield from bodies


async def _send_all(
    url: str, secret: str, events: Iterator[dict[str, Any]], count: int, concurrency: int
) -> Counter[str]:
    from gateway.cli.webhook import sending, webhook, webhook_url

    address = webhook_url(url)
    at = now_or(None)
    requests = (webhook(address, secret, event, at) for event in events)
    async with sending() as send:
        with progress("sending", count) as advance:
            return await send_all(send, requests, concurrency, advance)


async def send_all(
    send: Any, requests: Iterator[Any], concurrency: int, advance: Callable[[], None]
) -> Counter[str]:
    """How often each answer came; raises Unreachable where nothing answers at all."""
    from gateway.cli.webhook import verdict
    from gateway.errors import TransportError, Unreachable

    tally: Counter[str] = Counter()

    async def work() -> None:
        for request in requests:
            try:
                tally[verdict(await send(request))] += 1
            except TransportError as error:
                if not tally:
                    raise Unreachable(f"no answer from {request.url}: {error}") from None
                tally[f"no answer ({error.reason})"] += 1
            advance()

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(concurrency):
                group.create_task(work())
    except* Unreachable as errors:
        raise errors.exceptions[0] from None
    return tally


def summary(tally: Counter[str], seconds: float) -> list[str]:
    """The answers in words, the most frequent first."""
    total = sum(tally.values())
    rate = f"{total / seconds:.0f}/s" if seconds else "-"
    return [
        *(f"{number:>7}  {answer}" for answer, number in tally.most_common()),
        f"{total:>7}  events in {seconds:.1f} s ({rate})",
    ]
