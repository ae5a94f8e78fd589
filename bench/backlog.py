"""How a gateway starts and delivers while a million deliveries wait: results/backlog.json.

Ten sinks; half of what waits is due, the rest is not for an hour. The first 20,000 deliveries are
counted where they arrive, and held against stores of 1,000 that are delivered one after another.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa
import yaml
from aiohttp import web

from bench.machine import machine
from gateway.model.alert import Alert, Entry
from gateway.model.delivery import Owed
from gateway.model.event import Arrival, Event, Org, Project
from gateway.model.finding import Finding
from gateway.store import alerts, deliveries, events, tables
from gateway.store.store import Connection, Store

SINKS = tuple(f"sink-{number}" for number in range(10))
GOAL = 0.8
"""Least share of the rate of short queues that a long one may have."""
BATCH = 1_000
BATCHES = 5
TOGETHER = 1_000
"""Alerts written in one transaction; each is owed to every sink."""
RESULTS = Path(__file__).parent / "results" / "backlog.json"


@dataclass(slots=True)
class Receiver:
    """Answers every request at once and notes when it came."""

    url: str = ""
    came: list[float] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        """200 to whatever it is."""
        await request.read()
        self.came.append(time.perf_counter())
        return web.Response(text="ok")

    def rate(self, count: int) -> float:
        """Deliveries per second from the first to that one."""
        return (count - 1) / (self.came[count - 1] - self.came[0])


async def until(done: Callable[[], bool], seconds: float) -> float:
    """The time at which it was so; raises TimeoutError where it is not in so many seconds."""
    async with asyncio.timeout(seconds):
        while not done():  # noqa: ASYNC110 - of another process: it can only be asked again
            await asyncio.sleep(0.02)
    return time.perf_counter()


@dataclass(frozen=True, slots=True)
class Ran:
    """What one start was like."""

    ready: float
    """Seconds from the start of the process until it was ready."""
    rate: float
    """Deliveries per second."""
    memory: float
    """MiB that were resident at the most."""


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver on loopback."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/{path:.*}", receiver.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        yield receiver
    finally:
        await runner.cleanup()


async def fill(url: str, waiting: int) -> None:
    """A store in which so many deliveries wait."""
    now = datetime.now(UTC)
    event = Event(
        id="evt_bench",
        source="snyk",
        type="project_snapshot",
        version="v0",
        received_at=now,
        project=Project(id="p", name="acme/shop:package.json"),
        org=Org(id="o"),
    )
    store = Store.open(url)
    try:
        await store.write(lambda connection: _hear(connection, event))
        for first in range(0, waiting // len(SINKS), TOGETHER):
            numbers = range(first, min(first + TOGETHER, waiting // len(SINKS)))
            made = [_alert(number, event) for number in numbers]
            await store.write(partial(_owe, made=made, now=now))
        await store.write(lambda connection: _put_off_half(connection, now))
    finally:
        store.close()


def _hear(connection: Connection, event: Event) -> None:
    arrival = Arrival(
        id=event.id,
        source=event.source,
        dedup=b"bench",
        status="pending",
        type=event.type,
        version=event.version,
        received_at=event.received_at,
        body=b"{}",
    )
    events.add(connection, [arrival])
    events.finish(connection, event)


def _alert(number: int, event: Event) -> Alert:
    finding = Finding(id=f"SNYK-{number}", severity="high", title="A flaw", package="left-pad")
    return Alert(
        id=f"alr_{number}",
        key=f"key-{number}",
        route="root",
        group=(event.id,),
        sinks=SINKS,
        status="open",
        revision=1,
        opened_at=event.received_at,
        resolved_at=None,
        event=event,
        entries=(Entry(key=f"finding-{number}", finding=finding, event=event, opened=1),),
    )


def _owe(connection: Connection, made: list[Alert], now: datetime) -> None:
    alerts.save(connection, made, entries={each.id: each.entries for each in made}, now=now)
    owed = [
        Owed(
            alert_id=alert.id,
            alert_key=alert.key,
            route=alert.route,
            sink=sink,
            due=now,
            judged=True,
            severity=3,
            event_id=alert.event.id,
            accepted_at=now,
        )
        for alert in made
        for sink in SINKS
    ]
    deliveries.owe(connection, owed, now, [f"dlv_{one.alert_id}_{one.sink}" for one in owed])


def _put_off_half(connection: Connection, now: datetime) -> None:
    """As if every other one had failed a while ago."""
    later = {"attempts": 9, "first_attempt_at": now, "next_attempt_at": now + timedelta(minutes=55)}
    odd = tables.deliveries.c.seq % 2 == 1
    connection.execute(sa.update(tables.deliveries).where(odd).values(later))


def configuration(folder: Path, receiver: Receiver) -> str:
    """Ten sinks, one receiver."""
    whole = {
        "server": {"listen": "127.0.0.1:0"},
        "admin": {"listen": "127.0.0.1:0"},
        "store": {"url": f"sqlite:///{folder}/gateway.db"},
        "sources": {"snyk": {"type": "snyk", "secrets": ["a-secret-of-sixteen-or-more"]}},
        "sinks": {name: {"type": "http", "url": receiver.url} for name in SINKS},
        "route": {"sinks": list(SINKS), "group_by": ["finding"]},
    }
    return yaml.safe_dump(whole)


async def run(waiting: int, counted: int) -> Ran:
    """A start with so many waiting, until so many were delivered."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        await fill(f"sqlite:///{folder}/gateway.db", waiting)
        file, log = folder / "gateway.yaml", folder / "log"
        async with receiving() as receiver:
            file.write_text(configuration(folder, receiver))
            with log.open("wb") as written:
                began = time.perf_counter()
                process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "gateway", "serve", "--config", file, stderr=written
                )
            try:
                ready = await until(lambda: b'"started"' in log.read_bytes(), 120) - began
                await until(lambda: len(receiver.came) >= counted, 600)
                memory = _most_memory(process.pid)
            finally:
                process.kill()
                await process.wait()
    return Ran(ready=ready, rate=receiver.rate(counted), memory=memory)


def _most_memory(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    kib = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return int(kib) / 1024


def main() -> int:
    """Measures and prints; 1 where the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--waiting", type=int, default=1_000_000)
    parser.add_argument("--counted", type=int, default=20_000)
    asked = parser.parse_args()
    short = [asyncio.run(run(2 * BATCH, BATCH)) for _ in range(BATCHES)]
    long = asyncio.run(run(asked.waiting, asked.counted))
    usual = statistics.median(each.rate for each in short)
    share = long.rate / usual
    rows: list[dict[str, Any]] = [
        {"waiting": 2 * BATCH, "ready": statistics.median(each.ready for each in short),
         "rate": usual, "memory": max(each.memory for each in short)},
        {"waiting": asked.waiting, "ready": long.ready, "rate": long.rate, "memory": long.memory},
    ]  # fmt: skip
    sys.stdout.write("  waiting   ready (s)   deliveries/s   memory (MiB)\n")
    for row in rows:
        line = f"{row['waiting']:>9,}   {row['ready']:>9.1f}   {row['rate']:>12,.0f}"
        sys.stdout.write(f"{line}   {row['memory']:>12,.0f}\n")
    sys.stdout.write(f"the long queue's rate is {share:.2f} of the short ones', goal {GOAL}\n")
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({**machine(), "share": share, "rows": rows}, indent=2) + "\n")
    return 1 if share < GOAL else 0


if __name__ == "__main__":
    sys.exit(main())
