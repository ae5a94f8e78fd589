"""The real gateway, as a process of its own."""

import asyncio
import http.client
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from gateway.cli.healthcheck import probe
from gateway.clock import Clock
from gateway.errors import CannotStart

_READY_WITHIN = 60.0
_POLL = 0.1
# Longer than the default drain of 25 s.
_STOPPED_WITHIN = 40.0
_LAST_LINES = 20


@asynccontextmanager
async def running(folder: Path, environ: Mapping[str, str]) -> AsyncIterator[Process]:
    """A gateway on that configuration; stopped with SIGTERM at the end, whatever happened."""
    with (folder / "gateway.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "gateway", "serve", "--config", str(folder)),
            env=dict(environ),
            stdin=DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for the demo, which then ends the gateway
        )
    try:
        yield process
    finally:
        await stop(process)


async def stop(process: Process) -> None:
    """Ends the process: asked first, killed where that does not help."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(_STOPPED_WITHIN):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
    except asyncio.CancelledError:
        process.kill()
        raise


async def ready(process: Process, folder: Path, url: str, clock: Clock) -> None:
    """Returns once the gateway is ready; raises CannotStart with its last words otherwise."""
    deadline = clock.monotonic() + _READY_WITHIN
    while clock.monotonic() < deadline and process.returncode is None:
        if await asyncio.to_thread(_is_ready, url):
            return
        await clock.sleep(_POLL)
    raise CannotStart("\n".join(["the gateway did not become ready:", *last_words(folder)]))


def last_words(folder: Path) -> list[str]:
    """The end of the gateway's log."""
    text = (folder / "gateway.log").read_text(encoding="utf-8", errors="replace")
    return text.splitlines()[-_LAST_LINES:]


def _is_ready(url: str) -> bool:
    try:
        return probe(urlsplit(url)) == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
