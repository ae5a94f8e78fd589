"""A whole gateway on loopback, with receivers that are told what to answer."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from aiohttp import web

from gateway import samples
from gateway.app import Gateway
from gateway.clock import SystemClock
from gateway.load import load
from gateway.running.reload import Origin
from gateway.settings.snapshot import Snapshot
from gateway.sources.snyk import signed_headers

SECRET = "a-secret-of-sixteen-or-more"
TEMPLATES = Path(__file__).parents[2] / "config" / "templates"


class FastClock(SystemClock):
    """A clock that runs a hundred times as fast as the machine's."""

    speed = 100

    def __init__(self) -> None:
        self._began, self._zero = datetime.now(UTC), time.monotonic()

    def now(self) -> datetime:
        return self._began + timedelta(seconds=(time.monotonic() - self._zero) * self.speed)

    def monotonic(self) -> float:
        return time.monotonic() * self.speed

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds / self.speed)

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        await super().wait(event, seconds / self.speed)


@dataclass(slots=True)
class Got:
    """One request that a receiver got."""

    path: str
    headers: dict[str, str]
    json: Any
    body: bytes


@dataclass(slots=True)
class Receiver:
    """A real HTTP server that answers as it is told and remembers what it got."""

    url: str = ""
    got: list[Got] = field(default_factory=list)
    answers: list[tuple[int, str]] = field(default_factory=list)
    """What to answer next; the last one stays."""
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    """Closed: requests are kept waiting."""

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        json = await request.json()
        async with self.arrived:
            self.got.append(Got(path=request.path, headers=headers, json=json, body=body))
            self.arrived.notify_all()
        await self.gate.wait()
        status, text = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return web.Response(status=status, text=text)

    async def wait_for(self, count: int, seconds: float = 20) -> list[Got]:
        """What it got, once there are so many; fails when they do not come."""
        async with asyncio.timeout(seconds), self.arrived:
            await self.arrived.wait_for(lambda: len(self.got) >= count)
        return self.got


@pytest.fixture
async def receiver() -> AsyncIterator[Callable[..., Awaitable[Receiver]]]:
    async with AsyncExitStack() as stack:

        async def start(status: int = 200, text: str = "ok") -> Receiver:
            receiver = Receiver(answers=[(status, text)])
            receiver.gate.set()
            app = web.Application(client_max_size=32 * 1024**2)
            app.router.add_route("*", "/{path:.*}", receiver.answer)
            runner = web.AppRunner(app, access_log=None)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            return receiver

        yield start


def configuration(folder: Path, **sections: Any) -> Path:
    """A configuration folder; sinks and route are the caller's."""
    whole = {
        "server": {"listen": "127.0.0.1:0", "grace": "5s"},
        "admin": {"listen": "127.0.0.1:0"},
        "store": {"url": f"sqlite:///{folder}/gateway.db"},
        "sources": {"snyk": {"type": "snyk", "secrets": [SECRET]}},
        **sections,
    }
    config = folder / "config"
    config.mkdir(exist_ok=True)
    fresh = folder / "gateway.yaml.new"
    fresh.write_text(yaml.safe_dump(whole))
    fresh.replace(config / "gateway.yaml")  # never half a file: a gateway may be watching
    return config


@dataclass(slots=True)
class Running:
    """A gateway that runs, and a client to speak to it."""

    gateway: Gateway
    client: aiohttp.ClientSession
    stack: AsyncExitStack
    config: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.gateway.public.port}/webhooks/snyk"

    async def post(self, body: bytes, transport_id: str = "t-1") -> tuple[int, Any]:
        headers = signed_headers(
            body,
            SECRET,
            event="project_snapshot/v0",
            transport_id=transport_id,
            timestamp="2026-03-01T12:00:00Z",
        )
        async with self.client.post(self.url, data=body, headers=headers) as answer:
            return answer.status, await answer.json()

    async def send(self, name: str, *, number: int = 0, hours: int = 0) -> dict[str, Any]:
        """Sends a sample; the answer to its last body."""
        at = datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(hours=hours)
        answer: dict[str, Any] = {}
        for index, body in enumerate(samples.bodies(name, number=number, at=at)):
            status, answer = await self.post(
                samples.encode(body), f"{name}-{number}-{index}-{hours}"
            )
            assert status == 200, answer
        return answer

    async def admin(self, path: str) -> Any:
        async with self.client.get(f"http://127.0.0.1:{self.gateway.admin.port}{path}") as answer:
            answer.raise_for_status()
            return await answer.json() if "json" in answer.content_type else await answer.text()

    async def change(self, path: str, said: Any = None) -> tuple[int, Any]:
        """What an operator does over the admin side: status and answer."""
        url = f"http://127.0.0.1:{self.gateway.admin.port}/api/v1/{path}"
        async with self.client.post(url, json=said or {}) as answer:
            return answer.status, await answer.json()

    async def until(self, path: str, holds: Callable[[Any], bool], seconds: float = 20) -> Any:
        """What the admin side says at that path, once it holds."""
        async with asyncio.timeout(seconds):
            while not holds(said := await self.admin(path)):
                await asyncio.sleep(0.02)
        return said

    async def settled(self, count: int, seconds: float = 20) -> list[dict[str, Any]]:
        """The deliveries, oldest first, once so many have come to an end."""
        ended = {"delivered", "dead", "cancelled"}
        async with asyncio.timeout(seconds):
            while True:
                items = (await self.admin("/api/v1/deliveries"))["items"]
                if sum(item["status"] in ended for item in items) >= count:
                    return list(reversed(items))
                await asyncio.sleep(0.02)

    async def stop(self) -> None:
        await self.stack.aclose()


@pytest.fixture
async def run() -> AsyncIterator[Callable[[Path], Awaitable[Running]]]:
    clock = FastClock()  # one for all that run after each other: it never goes back
    async with AsyncExitStack() as outer:

        async def start(config: Path) -> Running:
            stack = await outer.enter_async_context(AsyncExitStack())
            parts = load(config, environ={}, offline=False).parts
            origin = Origin(path=config, environ={}, snapshot=Snapshot.take(config))
            gateway = Gateway(parts, clock=clock, origin=origin)
            client = await stack.enter_async_context(aiohttp.ClientSession())
            await gateway.start(stack)
            return Running(gateway, client, stack, config)

        yield start
