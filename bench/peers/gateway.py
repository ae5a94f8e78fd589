"""The gateway itself, on one file from start to restart."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from bench.gateway import PER_FINDING, Route, configuration, serving
from bench.peers.chain import Chain, Processes

EVENTS = 200
"""In a round; a second or two of processor time tells enough."""
FINDINGS: Route = {"deliver": "findings"}
"""Each finding as it is, remembered by nothing: what the others do."""


@asynccontextmanager
async def _running(route: Route, folder: Path, url: str) -> AsyncIterator[Processes]:
    (folder / "gateway.yaml").write_text(configuration(folder, url, route))
    async with serving(folder) as gateway:
        yield Processes(gateway.port, [gateway.child])


ALERTS = Chain(
    what="snyk-gateway, an alert for each finding",
    running=partial(_running, PER_FINDING),
    events=EVENTS,
    ours=True,
)
SINGLE = Chain(
    what="snyk-gateway, `deliver: findings`",
    running=partial(_running, FINDINGS),
    events=EVENTS,
    ours=True,
    aside=True,
)
