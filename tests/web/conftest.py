"""A signed source, a store that answers as told, listeners on loopback, and raw sockets."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiohttp import ClientSession, web

from gateway.clock import SystemClock
from gateway.metrics import Metrics
from gateway.model.event import Event
from gateway.pipeline.parts import InForce, Parts
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
        self.expect = None
        self.gone_after = None

    def takes(self, event: Event) -> bool:  # noqa: ARG002 - the protocol's signature
        return True

    def verification(self, headers: Headers) -> Verification | None:
        claimed = claimed_digest(headers)
        return None if claimed is None else HmacVerification(claimed, [KEY])

    def transport_id(self, headers: Headers) -> str:
        return headers.getall("X-Transport", [""])[0]

    def version(self, headers: Headers) -> str:  # noqa: ARG002 - the protocol's signature
        return "v0"

    def read(self, body: bytes, *, id: str, received_at: datetime, version: str) -> Event:  # noqa: A002 - the protocol's signature
        raise NotImplementedError("the public side stores bodies, and reads none")


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


def in_force(settings: Mapping[str, Any]) -> InForce:
    """A configuration of which nothing but the server and its source is looked at."""
    server = Server.model_validate(settings)
    parts = SimpleNamespace(server=server, sources={"snyk": SignedSource("snyk")})
    return InForce(cast("Parts", parts))


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
            in_force=in_force(settings),
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
SILENCE: dict[str, Any] = {
    "id": "sil_1",
    "status": "active",
    "matchers": ['project.name =~ "acme/legacy.*"'],
    "from": None,
    "until": TIME,
    "owner": "platform",
    "reason": "being retired",
    "origin": "runtime",
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
    silence_: dict[str, Any] = field(default_factory=lambda: dict(SILENCE))
    next: str | None = None
    asked: dict[str, Any] = field(default_factory=dict)
    error: Exception | None = None

    async def events(self, **filters: Any) -> Sheet:
        return self._page(self.event_, filters)

    async def alerts(self, **filters: Any) -> Sheet:
        return self._page(self.alert_, filters)

    async def deliveries(self, **filters: Any) -> Sheet:
        return self._page(self.delivery_, filters)

    async def silences(self, **filters: Any) -> Sheet:
        return self._page(self.silence_, filters)

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

    async def silence(self, silence_id: str) -> dict[str, Any] | None:
        return self.silence_ if silence_id == self.silence_["id"] else None

    def _page(self, item: dict[str, Any], filters: dict[str, Any]) -> Sheet:
        if self.error is not None:
            raise self.error
        self.asked = filters
        return Sheet([item], self.next)


EXPLANATION: dict[str, Any] = {
    "event": {"type": "project_snapshot", "path": []},
    "deliveries": [],
    "findings": [
        {
            "id": "SNYK-JS-EXAMPLE-1",
            "package": "example",
            "change": "new",
            "severity": "critical",
            "path": [{"route": "root", "depth": 0, "matched": True, "why": ""}],
            "deliveries": [
                {
                    "route": "root",
                    "deliver": "alerts",
                    "sinks": ["chat"],
                    "alert_key": "0" * 64,
                    "held_until": None,
                    "muted_by": None,
                    "outside": None,
                    "became": [
                        {
                            "id": "dlv_1",
                            "sink": "chat",
                            "status": "dead",
                            "reason": "unauthorised",
                            "tries": 1,
                            "next_attempt_at": None,
                        }
                    ],
                }
            ],
        }
    ],
}
CONFIG: dict[str, Any] = {
    "digest": "0" * 64,
    "accepted_at": TIME,
    "source": "files",
    "error": None,
    "problems": [],
}


def route(name: str) -> dict[str, Any]:
    empty: dict[str, Any] = {"matchers": [], "sinks": [], "group_by": ["event"]}
    return {"name": name, "depth": 1, "deliver": "alerts", **empty}


SINK = {
    "name": "oncall",
    "type": "opsgenie",
    "mode": "send",
    "paused": True,
    "paused_until": None,
    "breaker": "closed",
    "open_since": None,
    "probe_at": None,
    "rate": "2/1s",
    "pending": 3,
    "dead": 1,
    "oldest_due_seconds": 7.5,
}


@dataclass
class Deeds:
    """Stands in for the running gateway: keeps what it was told, answers or fails as told."""

    told: list[Any] = field(default_factory=list)
    error: Exception | None = None

    async def add_silence(self, said: Mapping[str, Any]) -> dict[str, Any]:
        self._keep("add_silence", said)
        return SILENCE

    async def expire_silence(self, silence_id: str) -> dict[str, Any] | None:
        self._keep("expire_silence", silence_id)
        return SILENCE if silence_id == "sil_1" else None

    async def reload(self) -> dict[str, Any]:
        self._keep("reload")
        return {"status": "reloaded", "warnings": []}

    async def replay(
        self, ids: Sequence[str], *, since: datetime | None, dry_run: bool
    ) -> dict[str, Any]:
        self._keep("replay", ids, since, dry_run)
        return {"events": 2}

    async def resolve(
        self, ids: Sequence[str], *, project: str | None, dry_run: bool
    ) -> dict[str, Any]:
        self._keep("resolve", ids, project, dry_run)
        return {"alerts": 1, "ids": ["alt_1"]}

    async def sinks(self) -> list[dict[str, Any]]:
        self._keep("sinks")
        return [SINK]

    async def pause(self, name: str, *, paused: bool) -> dict[str, Any] | None:
        self._keep("pause", name, paused)
        return SINK if name == "oncall" else None

    async def retry(
        self, ids: Sequence[str], *, wanted: Mapping[str, str] | None, dry_run: bool
    ) -> dict[str, Any]:
        self._keep("retry", ids, wanted, dry_run)
        return {"deliveries": 1, "ids": ["dlv_1"]}

    async def cancel(
        self, ids: Sequence[str], *, wanted: Mapping[str, str] | None, dry_run: bool
    ) -> dict[str, Any]:
        self._keep("cancel", ids, wanted, dry_run)
        return {"deliveries": 1, "ids": ["dlv_1"]}

    async def explain(self, event_id: str) -> dict[str, Any] | None:
        self._keep("explain", event_id)
        return EXPLANATION if event_id == "evt_1" else None

    async def config(self) -> dict[str, Any]:
        self._keep("config")
        return CONFIG

    async def routes(self) -> list[dict[str, Any]]:
        self._keep("routes")
        return [route("root"), route("page"), route("licences")]

    def _keep(self, *told: Any) -> None:
        if self.error is not None:
            raise self.error
        self.told.append(told)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def deeds() -> Deeds:
    return Deeds()


@pytest.fixture
async def admin(
    listen: Start,
    shelf: Shelf,
    deeds: Deeds,
    *,
    readiness: Readiness,
    metrics: Metrics,
    clock: StillClock,
) -> AsyncIterator[Callable[..., Awaitable[ClientSession]]]:
    """Starts the admin side with the given settings; a client of it."""
    async with AsyncExitStack() as stack:

        async def start(**settings: Any) -> ClientSession:
            admin = Admin.model_validate(settings)
            app = admin_app(
                admin=lambda: admin,
                reads=shelf,
                acts=deeds,
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
