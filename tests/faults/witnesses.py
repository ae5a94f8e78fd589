"""The witnesses outside the gateway: who sends to it, who receives from it, and their journal."""

import asyncio
import hashlib
import json
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sized
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from gateway import samples
from gateway.samples.project import made_up_id
from gateway.sources.snyk import signed_headers
from tests.faults.oracle import Acknowledged, Evidence, Kill, News, Receipt, Webhook, What

SECRET = "a-secret-of-sixteen-or-more"
SENDERS = 6
AT_ONCE = 8
"""So many requests at a time are sent to the archive."""
STANDING = 55
"""So many deliveries to the archive are left undelivered until it is let go."""
OK = 200
_FOUND = datetime(2026, 3, 1, 12, tzinfo=UTC)
_FIXED = datetime(2026, 3, 1, 13, tzinfo=UTC)
_SENT_AT = "2026-03-01T12:00:00Z"
_PATIENCE = aiohttp.ClientTimeout(total=30)


class Journal:
    """Lines in a file, each there before the next step is taken."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8")

    def write(self, kind: str, entry: Any) -> None:
        """Adds a line."""
        self._file.write(json.dumps({"kind": kind, **asdict(entry)}) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Ends it."""
        self._file.close()


def webhook(number: int, *, opens: bool) -> tuple[Webhook, bytes]:
    """The webhook that opens, or fixes, the finding of that project."""
    name, at = ("new-critical", _FOUND) if opens else ("fixed", _FIXED)
    body = samples.encode(samples.bodies(name, number=number, at=at)[0])
    project = made_up_id("project", "shop", number)
    return Webhook(hashlib.sha256(body).hexdigest(), project, opens), body


async def _ok(_receipt: Receipt) -> int:
    return OK


@dataclass(slots=True)
class Witnesses:
    """What was sent, what was acknowledged, what was received."""

    journal: Journal
    random: random.Random
    url: str = ""
    ahead: int = 30
    """So many acknowledged webhooks may be on their way to `alerts`."""
    held_back: bool = True
    """The archive keeps a backlog standing: it takes nothing while no more than it is left."""
    backlog: float = STANDING
    sent: list[Webhook] = field(default_factory=list)
    acknowledged: list[Acknowledged] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    refusals: list[int] = field(default_factory=list)
    """What else than 200 the gateway answered."""
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    alarms: list[str] = field(default_factory=list)
    """What the gateway said of itself, kind and text."""
    answers: Callable[[Receipt], Awaitable[int]] = _ok
    standing: set[News] = field(default_factory=set)
    """What is surely owed to the archive: `alerts` heard of it, the archive has not taken it."""
    unheard: set[News] = field(default_factory=set)
    """What was acknowledged, and `alerts` has not heard of."""
    _heard: set[News] = field(default_factory=set)
    _taken: set[News] = field(default_factory=set)
    _known: dict[str, Webhook] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)
    _may_be_fixed: list[int] = field(default_factory=list)
    _unanswered: list[tuple[int, bool]] = field(default_factory=list)

    @property
    def held(self) -> list[Receipt]:
        """What the archive has been sent, and has not answered."""
        return [each for each in self.receipts if each.sink == "archive" and each.status is None]

    async def until(self, holds: Callable[[], bool], seconds: float = 60) -> None:
        """Returns once it holds; looked at whenever something was acknowledged or received."""
        async with asyncio.timeout(seconds), self.changed:
            await self.changed.wait_for(holds)

    async def more(self, things: Sized, number: int) -> None:
        """Returns once so many have been added to what was acknowledged, or refused."""
        enough = len(things) + number
        await self.until(lambda: len(things) >= enough)

    async def send(self, hook: str, *, life: int, most: int | None = None) -> None:
        """Sends webhooks until the gateway is gone, or so many more were acknowledged."""
        goal = None if most is None else len(self.acknowledged) + most
        async with aiohttp.ClientSession(timeout=_PATIENCE) as client:
            await asyncio.gather(*(self._send(client, hook, life, goal) for _ in range(SENDERS)))

    async def _send(
        self, client: aiohttp.ClientSession, url: str, life: int, goal: int | None
    ) -> None:
        while goal is None or len(self.acknowledged) < goal:
            # No more than it can dispatch: what waits is to wait as deliveries.
            await self.until(lambda: len(self.unheard) < self.ahead)
            number, opens = self.choose()
            try:
                await self.post(client, url, number, opens=opens, life=life)
            except (aiohttp.ClientError, OSError):
                return

    def choose(self) -> tuple[int, bool]:
        """What is sent next: now and then a fix, or once more what nobody answered."""
        chance = self.random.random()
        if self._unanswered and chance < 0.1:
            return self._unanswered.pop()
        if self._may_be_fixed and chance < 0.4:
            return self._may_be_fixed.pop(self.random.randrange(len(self._may_be_fixed))), False
        return len(self._numbers) + 1, True

    async def post(
        self, client: aiohttp.ClientSession, url: str, number: int, *, opens: bool, life: int
    ) -> int:
        """Sends one; it is acknowledged only once its 200 was seen."""
        sent, body = webhook(number, opens=opens)
        if sent.digest not in self._known:
            self._known[sent.digest] = sent
            self._numbers[sent.project] = number
            self.sent.append(sent)
        self.journal.write("sent", sent)
        try:
            async with client.post(url, data=body, headers=headers_of(body, number)) as answer:
                said = await answer.json(content_type=None)
        except (aiohttp.ClientError, OSError):
            self._unanswered.append((number, opens))
            raise
        if answer.status == OK:
            await self._acknowledge(Acknowledged(sent, said["event"], life))
        else:
            self._unanswered.append((number, opens))
            async with self.changed:
                self.refusals.append(answer.status)
                self.changed.notify_all()
        return answer.status

    async def _acknowledge(self, told: Acknowledged) -> None:
        self.journal.write("acknowledged", told)
        async with self.changed:
            self.acknowledged.append(told)
            self.unheard |= {told.webhook.news} - self._heard
            self.changed.notify_all()

    async def listen(self, request: web.Request) -> web.Response:
        """Takes what the gateway has to say of itself."""
        said = await request.json()
        self.alarms.append(f"{said['kind']}: {said['text']}")
        return web.json_response({})

    async def receive(self, request: web.Request) -> web.Response:
        """Writes the request down, then answers it when its turn has come."""
        receipt = await _read(request)
        self.journal.write("received", receipt)
        async with self.changed:
            self.receipts.append(receipt)
            self.changed.notify_all()
            if receipt.sink == "archive":
                await self.changed.wait_for(lambda: self._is_turn(receipt))
                self._take(receipt)
        status = await self.answers(receipt)
        async with self.changed:
            receipt.status = status
            self.journal.write("answered", receipt)
            if receipt.sink == "alerts":
                self._hear(receipt)
            self.changed.notify_all()
        return web.json_response({"requestId": "made-up"}, status=status)

    def _is_turn(self, receipt: Receipt) -> bool:
        known = self._known.get(receipt.thing)
        taken = known is None or known.news in self._taken
        return taken or not self.held_back or len(self.standing) > self.backlog

    def _take(self, receipt: Receipt) -> None:
        # What nobody sent is taken like the rest, and is the oracle's to judge.
        if known := self._known.get(receipt.thing):
            self._taken.add(known.news)
            self.standing.discard(known.news)

    def _hear(self, receipt: Receipt) -> None:
        news = (receipt.thing, receipt.what == "create")
        if news in self._heard or receipt.thing not in self._numbers:
            return
        self._heard.add(news)
        self.unheard.discard(news)
        self.standing |= {news} - self._taken
        if receipt.what == "create":
            self._may_be_fixed.append(self._numbers[receipt.thing])

    def evidence(self, kills: Mapping[int, Kill], dead: Iterable[str]) -> Evidence:
        """What was seen so far, with what is known of kills and of events that were given up."""
        return Evidence(
            sent=self.sent,
            acknowledged=self.acknowledged,
            receipts=self.receipts,
            kills=kills,
            dead=frozenset(dead),
        )

    async def let_go(self) -> None:
        """The archive takes everything from now on."""
        async with self.changed:
            self.held_back = False
            self.changed.notify_all()


@asynccontextmanager
async def witnesses(folder: Path, seed: int) -> AsyncIterator[Witnesses]:
    """Witnesses with receivers that listen on loopback."""
    journal = Journal(folder / "journal.jsonl")
    them = Witnesses(journal, random.Random(seed))
    app = web.Application()
    app.router.add_post("/{life}/ops", them.listen)
    app.router.add_post("/{life}/{sink}{rest:.*}", them.receive)
    # A request whose sender was killed is no longer waited for, and never counts as answered.
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await (site := web.TCPSite(runner, "127.0.0.1", 0)).start()
        them.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield them
        await site.stop()
    finally:
        await runner.cleanup()
        journal.close()


def headers_of(body: bytes, number: int) -> dict[str, str]:
    """What Snyk sends with that body."""
    return signed_headers(
        body,
        SECRET,
        event="project_snapshot/v0",
        transport_id=str(number),
        timestamp=_SENT_AT,
    )


async def _read(request: web.Request) -> Receipt:
    body = await request.read()
    sink, rest = request.match_info["sink"], request.match_info["rest"]
    what: What = "event"
    if sink == "archive":
        thing, identity = hashlib.sha256(body).hexdigest(), request.headers["webhook-id"]
    elif sink == "alerts":
        said = json.loads(body)
        thing, identity = said["project"], request.headers["webhook-id"]
        what = "close" if said["action"] == "close" else "create"
    else:
        said = json.loads(body)
        what = "close" if "/close" in rest else "create"
        thing = said["note" if what == "close" else "message"]
        identity = rest.split("/")[-2] if what == "close" else said["alias"]
    return Receipt(
        sink=sink,
        what=what,
        thing=thing,
        identity=identity,
        life=int(request.match_info["life"]),
        at=time.time(),
    )
