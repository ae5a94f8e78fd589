"""What the gateway is held against, started like the gateway itself."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.child import Child, started
from bench.disk import scratch


@dataclass(frozen=True, slots=True)
class Bare:
    """A bare handler or relay that runs."""

    child: Child
    port: int


@asynccontextmanager
async def bare(kind: str, url: str = "") -> AsyncIterator[Bare]:
    """One of the kinds of `bench.bare`, ready."""
    with scratch() as name:
        command = [sys.executable, "-m", "bench.bare", kind, url]
        async with started(command, Path(name) / "log") as child:
            yield Bare(child, int(await child.says("")))
