"""A chain: the programs that together take a webhook and tell the receiver of its findings."""

import asyncio
import os
import shutil
import socket
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench import webhook
from bench.child import Child

_ANSWERS_WITHIN = 60.0

Running = Callable[[Path, str], AbstractAsyncContextManager["Processes"]]
"""Starts a chain that keeps its data in the folder and delivers to the URL."""


@dataclass(frozen=True, slots=True)
class Processes:
    """A chain that runs."""

    port: int
    """Where it takes webhooks."""
    children: Sequence[Child]

    @property
    def cpu_seconds(self) -> float:
        """Of processor time, by all of them and what they started."""
        return sum(child.cpu_seconds for child in self.children)

    async def kill(self) -> None:
        """Ends all of them at once, as a power cut would."""
        await asyncio.gather(*(child.kill() for child in self.children))


@dataclass(frozen=True, slots=True)
class Program:
    """One that may not be there."""

    name: str
    install: str
    """The command that brings it."""
    variable: str = ""
    """Of the environment, with its path where it is not on PATH."""

    @property
    def path(self) -> str | None:
        """None where it is not installed."""
        return shutil.which(os.environ.get(self.variable) or self.name)

    def command(self, *arguments: str | Path) -> list[str | Path]:
        """What starts it; no proxy stands between it and this machine's own ports."""
        if not self.path:
            raise SystemExit(f"{self.name} is not installed: {self.install}")
        proxies = ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")
        return ["env", *(f"--unset={each}" for each in proxies), self.path, *arguments]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """One way to do the work."""

    what: str
    running: Running
    events: int
    """In a round: so many that it takes a few seconds."""
    ours: bool = False
    aside: bool = False
    """Whether it is no part of the goal, so that a quick run leaves it out."""
    needs: Sequence[Program] = ()
    requests: Callable[[int, int], list[bytes]] = webhook.requests
    """So many requests from the project with that number on, made before the clock runs."""

    @property
    def missing(self) -> str:
        """What would have to be installed; empty where nothing is missing."""
        commands = [program.install for program in self.needs if not program.path]
        return f"not installed: {' && '.join(commands)}" if commands else ""


def free_port() -> int:
    """A port of loopback on which nobody listens yet."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


async def answers(child: Child, port: int) -> None:
    """Returns once the process listens there."""
    async with asyncio.timeout(_ANSWERS_WITHIN):
        while child.process.returncode is None:
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.01)
    raise SystemExit(f"it ended: {child.log.read_text(errors='replace')[-2000:]}")
