"""The gateway as it is measured: the real program, its file on a disk, and one sink."""

import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bench.child import Child, started
from bench.disk import scratch
from bench.webhook import SECRET

Route = Mapping[str, Any]
BUDGET = "900000/1h"
PER_EVENT: Route = {"group_by": ["project.id"], "group_wait": "0s", "max_alerts": BUDGET}
"""One alert for each event, for each event is of another project."""
PER_FINDING: Route = {"group_by": ["finding"], "group_wait": "0s", "max_alerts": BUDGET}
EVENTS: Route = {"deliver": "events"}
"""Each event as it is: what a relay does."""
NOWHERE: Route = {"sinks": []}
"""Nobody hears of anything: events are accepted, dispatched, and that is all."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """One that runs."""

    child: Child
    port: int
    """Of the webhooks."""
    admin: int
    """Of the API."""
    folder: Path


def configuration(folder: Path, url: str, route: Route, **sink: Any) -> str:
    """One source, one sink, one route."""
    return yaml.safe_dump(
        {
            "server": {"listen": "127.0.0.1:0"},
            "admin": {"listen": "127.0.0.1:0"},
            "store": {"url": f"sqlite:///{folder}/gateway.db"},
            "sources": {"snyk": {"type": "snyk", "secrets": [SECRET]}},
            "sinks": {"receiver": {"type": "http", "url": url, "concurrency": 64, **sink}},
            "route": {"sinks": ["receiver"], **route},
        }
    )


@asynccontextmanager
async def running(url: str, route: Route, **sink: Any) -> AsyncIterator[Gateway]:
    """A gateway on an empty file, ready to accept."""
    with scratch() as name:
        folder = Path(name)
        (folder / "gateway.yaml").write_text(configuration(folder, url, route, **sink))
        async with serving(folder) as gateway:
            yield gateway


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[Gateway]:
    """The gateway whose configuration is in that folder."""
    config = str(folder / "gateway.yaml")
    command = [sys.executable, "-m", "gateway", "serve", "--config", config]
    async with started(command, folder / "log") as child:
        said = json.loads(await child.says('"started"'))
        public, admin = (int(said[each].rpartition(":")[2]) for each in ("public", "admin"))
        yield Gateway(child, public, admin, folder)
