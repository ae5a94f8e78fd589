"""A signed source, a store that answers as told, listeners on loopback, and raw sockets."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import ClientSession, web

from gateway.clock import SystemClock
from gateway.metrics import Metrics
from gateway.model.event import Event
from gateway.settings.listeners import Admin, Server
from gateway.sources.signature import HmacVerification, claimed_digest
from gateway.sources.source import Headers, Source, Verification
from gateway.web.admin import admin_app
from gateway.web.limits import Limits
from gateway.web.listener import Listener
from gateway.web.public import public_app

KEY = b"a made-up secret, long enough"


class StillClock(SystemClock):
    """Time that passes only when told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return datetime(2026, 11, 24, 4, tzinfo=UTC)

    def monotonic(self) -> float:
        return self.seconds


class SignedSource(Source):
    """Verifies as Snyk's source does; nothing here reads a body."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.skip_ignored = True

    def verification(self, headers: Headers) -> Verification | None:
        claimed = claimed_digest(headers)
        return None if claimed is None else HmacVerification(claimed, [KEY])

    def transport_id(self, headers: Headers) -> str:
        return headers.getall("X-Transport", [""])[0]

    def version(self, headers: Headers) -> str:  # noqa: ARG002 - the protocol's signature
        return "v0"

    def read(self, body: bytes, *, id: str, received_at: datetime, version: str) -> Event:  # noqa: A002 - the protocol's signature
        raise NotImplementedError


@dataclass
class Accepted:
    event: str = "evt_1"
    status: str = "accepted"


@dataclass
class Acceptance:
    """Stands in for the pipeline: keeps bodies, answers or fails as told, waits for the gate."""

    bodies: list[bytes] = field(default_factory=list)
    answer: Accepted = field(default_factory=Accepted)
    error: Exception | None = None
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    entered: asyncio.Event = field(default_factory=asyncio.Event)
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    async def __call__(self, source: Source, body: bytes, headers: Headers) -> Accepted:  # noqa: ARG002 - the protocol's signature
        self.entered.set()
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        self.bodies.append(body)
        self.done.set()
        return self.answer


@dataclass
class Readiness:
    parts: dict[str, bool] = field(default_factory=lambda: {"store": True, "configuration": True})

    async def __call__(self) -> Mapping[str, bool]:
        return self.parts


Start = Callable[..., Awaitable[Listener]]


@dataclass(frozen=True)
class Wire:
    """A connection of bytes."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """The next answer on this connection."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.split("\r\n")[:-2]
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return int(first.split()[1]), headers, body

    async def ends(self) -> bytes:
        """What still comes until the other side closes."""
        return await self.reader.read()


Dial = Callable[..., Awaitable[Wire]]


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def acceptance() -> Acceptance:
    return Acceptance()


@pytest.fixture
def readiness() -> Readiness:
    return Readiness()


@pytest.fixture
async def listen() -> AsyncIterator[Start]:
    """Serves an application on a free port until the test ends."""
    running: list[Listener] = []

    async def start(app: web.Application, **options: Any) -> Listener:
        listener = Listener(app, ("127.0.0.1", 0), **options)
        await listener.start()
        running.append(listener)
        return listener

    yield start
    for listener in running:
        await listener.stop(0)


@pytest.fixture
def public(
    listen: Start,
    acceptance: Acceptance,
    readiness: Readiness,
    metrics: Metrics,
    clock: StillClock,
) -> Start:
    """Starts the public side with the given settings and limits."""

    async def start(*, limits: Limits | None = None, **settings: Any) -> Listener:
        app = public_app(
            server=Server.model_validate(settings),
            sources={"snyk": SignedSource("snyk")},
            accept=acceptance,
            ready=readiness,
            metrics=metrics,
            clock=clock,
            limits=limits,
        )
        return await listen(app, limits=limits)

    return start


@pytest.fixture
async def dial() -> AsyncIterator[Dial]:
    """Opens connections of bytes and closes them when the test ends."""
    wires: list[Wire] = []

    async def connect(port: int, context: ssl.SSLContext | None = None) -> Wire:
        name = "localhost" if context else None
        wire = Wire(
            *await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=name)
        )
        wires.append(wire)
        return wire

    yield connect
    for wire in wires:
        wire.writer.close()
        with suppress(OSError):
            await wire.writer.wait_closed()


TIME = datetime(2026, 11, 24, 3, 59, tzinfo=UTC)
EVENT: dict[str, Any] = {
    "id": "evt_1",
    "source": "snyk",
    "type": "project_snapshot",
    "version": "v0",
    "status": "dispatched",
    "transport_id": "t-1",
    "received_at": TIME,
    "project": {"id": "p-1", "name": "acme/shop"},
    "org": {"id": "o-1"},
    "new_count": 2,
    "removed_count": 0,
    "unreadable_issues": 0,
    "tries": 1,
    "error": "",
    "bytes": 1234,
}
ALERT: dict[str, Any] = {
    "id": "alt_1",
    "key": "0" * 64,
    "status": "open",
    "route": "root",
    "group": ["evt_1"],
    "sinks": ["chat", "siem"],
    "severity": "critical",
    "open_count": 2,
    "fixed_count": 0,
    "revision": 1,
    "opened_at": TIME,
    "updated_at": TIME,
    "resolved_at": None,
    "event": "evt_1",
    "project": {"id": "p-1", "name": "acme/shop"},
}
DELIVERY: dict[str, Any] = {
    "id": "dlv_1",
    "alert": "alt_1",
    "event": "evt_1",
    "sink": "chat",
    "revision": 1,
    "status": "dead",
    "reason": "unauthorised",
    "tries": 1,
    "severity": "critical",
    "created_at": TIME,
    "first_attempt_at": TIME,
    "next_attempt_at": None,
    "ended_at": TIME,
}


@dataclass
class Sheet:
    items: list[dict[str, Any]]
    next: str | None = None


@dataclass
class Shelf:
    """Stands in for the store's reads: one of each, and what was asked."""

    event_: dict[str, Any] = field(default_factory=lambda: dict(EVENT))
    alert_: dict[str, Any] = field(default_factory=lambda: dict(ALERT))
    delivery_: dict[str, Any] = field(default_factory=lambda: dict(DELIVERY))
    next: str | None = None
    asked: dict[str, Any] = field(default_factory=dict)
    error: Exception | None = None

    async def events(self, **filters: Any) -> Sheet:
        return self._page(self.event_, filters)

    async def alerts(self, **filters: Any) -> Sheet:
        return self._page(self.alert_, filters)

    async def deliveries(self, **filters: Any) -> Sheet:
        return self._page(self.delivery_, filters)

    async def event(self, event_id: str) -> dict[str, Any] | None:
        return self.event_ if event_id == self.event_["id"] else None

    async def alert(self, alert_id: str) -> dict[str, Any] | None:
        finding = {"id": "SNYK-JS-EXAMPLE-1", "title": "Made up", "severity": "critical"}
        whole = self.alert_ | {"findings": [finding], "deliveries": [self.delivery_]}
        return whole if alert_id == self.alert_["id"] else None

    async def delivery(self, delivery_id: str) -> dict[str, Any] | None:
        attempt = {"number": 1, "started_at": TIME, "outcome": "refused", "status": 401}
        whole = self.delivery_ | {"attempts": [attempt]}
        return whole if delivery_id == self.delivery_["id"] else None

    def _page(self, item: dict[str, Any], filters: dict[str, Any]) -> Sheet:
        if self.error is not None:
            raise self.error
        self.asked = filters
        return Sheet([item], self.next)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
async def admin(
    listen: Start,
    shelf: Shelf,
    readiness: Readiness,
    metrics: Metrics,
    clock: StillClock,
) -> AsyncIterator[Callable[..., Awaitable[ClientSession]]]:
    """Starts the admin side with the given settings; a client of it."""
    async with AsyncExitStack() as stack:

        async def start(**settings: Any) -> ClientSession:
            app = admin_app(
                admin=Admin.model_validate(settings),
                reads=shelf,
                ready=readiness,
                metrics=metrics,
                clock=clock,
                version="0.1.0",
            )
            listener = await listen(app)
            return await stack.enter_async_context(
                ClientSession(f"http://127.0.0.1:{listener.port}")
            )

        yield start
