"""Pictures of pages, taken by Chromium over its DevTools protocol.

https://chromedevtools.github.io/devtools-protocol/tot/Page/
"""

import asyncio
import base64
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp

NAMES = ("chromium", "chromium-browser", "google-chrome")
"""What Chromium is called on PATH."""
WIDTH = 720
"""Of a picture, in pixels."""
_SWITCHES = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)
_LISTENS = re.compile(rb"DevTools listening on ws://([\d.:]+)/")
_SECONDS = 30.0


async def photograph(browser: str, pages: Iterable[Path]) -> None:
    """Writes a PNG file beside each page, as long as the page is."""
    async with _started(browser) as address, aiohttp.ClientSession() as session:
        async with session.get(f"http://{address}/json/list") as answer:
            tabs = await answer.json()
        tab = next(each for each in tabs if each["type"] == "page")
        async with session.ws_connect(tab["webSocketDebuggerUrl"], max_msg_size=0) as socket:
            camera = Camera(socket)
            for page in pages:
                page.with_suffix(".png").write_bytes(await camera.take(page.resolve().as_uri()))


@asynccontextmanager
async def _started(browser: str) -> AsyncIterator[str]:
    """The address that a fresh browser listens on; it ends with the context."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            browser,
            *_SWITCHES,
            f"--user-data-dir={profile}",
            "about:blank",
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(_SECONDS):
                yield await _address(process)
        finally:
            process.terminate()
            await process.wait()


async def _address(process: asyncio.subprocess.Process) -> str:
    if process.stderr is not None:
        async for line in process.stderr:
            if match := _LISTENS.search(line):
                return match[1].decode()
    raise SystemExit("Chromium ended before it listened")


class Camera:
    """One tab."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = count(1)
        self._seen: set[str] = set()

    async def take(self, url: str) -> bytes:
        """The page as PNG."""
        await self._ask("Page.enable")
        await self._window(height=1)
        self._seen.clear()
        await self._ask("Page.navigate", url=url)
        await self._heard("Page.loadEventFired")
        size = (await self._ask("Page.getLayoutMetrics"))["cssContentSize"]
        # What is outside of the window, such as a mail's frame, would not be drawn.
        await self._window(height=size["height"])
        shot = await self._ask("Page.captureScreenshot")
        return base64.b64decode(shot["data"])

    async def _window(self, *, height: int) -> None:
        await self._ask(
            "Emulation.setDeviceMetricsOverride",
            width=WIDTH,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    async def _ask(self, method: str, **params: Any) -> Mapping[str, Any]:
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": params})
        while (said := await self._next()).get("id") != number:
            pass
        result: Mapping[str, Any] = said["result"]
        return result

    async def _heard(self, event: str) -> None:
        while event not in self._seen:
            await self._next()

    async def _next(self) -> Mapping[str, Any]:
        said: Mapping[str, Any] = await self._socket.receive_json()
        self._seen.add(said.get("method", ""))
        return said
