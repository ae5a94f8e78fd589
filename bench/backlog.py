"""How a gateway starts and delivers while a million deliveries wait.

Ten sinks; half of what waits is due, the rest is not for an hour. The first 5,000 deliveries are
counted where they arrive, and held against those of stores in which 1,000 are due.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import sqlalchemy as sa
import yaml

from bench.disk import scratch
from bench.gateway import serving
from bench.goal import row
from bench.pairs import ratio
from bench.receiver import receiving
from bench.result import Figure, Part, Row, Spread
from bench.webhook import SECRET
from gateway.model.alert import Alert, Entry
from gateway.model.delivery import Owed
from gateway.model.event import Arrival, Event, Org, Project
from gateway.model.finding import Finding
from gateway.store import alerts, deliveries, events, tables
from gateway.store.store import Connection, Store

SINKS = tuple(f"sink-{number}" for number in range(10))
GOAL = "ratio >= 0.8"
BATCH = 1_000
TOGETHER = 1_000
"""Alerts written in one transaction; each is owed to every sink."""
_WITHIN = 600.0


@dataclass(frozen=True, slots=True)
class Ran:
    """What one start was like."""

    ready: float
    """Seconds from the start of the process until it was ready."""
    rate: float
    """Deliveries per second."""
    memory: float
    """MiB that were resident at the most."""


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


def configuration(folder: Path, url: str) -> str:
    """Ten sinks, one receiver."""
    whole = {
        "server": {"listen": "127.0.0.1:0"},
        "admin": {"listen": "127.0.0.1:0"},
        "store": {"url": f"sqlite:///{folder}/gateway.db"},
        "sources": {"snyk": {"type": "snyk", "secrets": [SECRET]}},
        "sinks": {name: {"type": "http", "url": url} for name in SINKS},
        "route": {"sinks": list(SINKS), "group_by": ["finding"]},
    }
    return yaml.safe_dump(whole)


async def run(waiting: int, counted: int) -> Ran:
    """A start with so many waiting, until so many were delivered."""
    with scratch() as name:
        folder = Path(name)
        await fill(f"sqlite:///{folder}/gateway.db", waiting)
        async with receiving() as receiver:
            (folder / "gateway.yaml").write_text(configuration(folder, receiver.url))
            began = time.perf_counter()
            async with serving(folder) as ours:
                ready = time.perf_counter() - began
                if not await receiver.until(counted, _WITHIN):
                    raise RuntimeError(f"{len(receiver.times)} of {counted} were delivered")
                memory = ours.child.most_memory
    rate = (counted - 1) / (receiver.times[counted - 1] - receiver.times[0])
    return Ran(ready=ready, rate=rate, memory=memory)


async def measure(*, quick: bool) -> Part:
    """Short queues first, then the long one."""
    batches, waiting, counted = (1, 10_000, BATCH) if quick else (5, 1_000_000, 5_000)
    short = [await run(2 * BATCH, BATCH) for _ in range(batches)]
    long = [await run(waiting, counted)]
    share = ratio([long[0].rate] * batches, [each.rate for each in short])
    return Part(
        name="backlog",
        title="A gateway that starts over a queue",
        rows=[
            Row(what=f"{2 * BATCH:,} wait", figures=_figures(short)),
            Row(what=f"{waiting:,} wait", figures=_figures(long)),
            row("the long queue's rate against the short ones'", {"ratio": share}, GOAL),
        ],
        notes=[
            (
                f"{len(SINKS)} sinks, one endpoint; half of what waits is due, the rest not for an "
                f"hour. Counted are the first {counted:,} deliveries of the long queue, and "
                f"{BATCH:,} of each short one; short ones: {batches}."
            )
        ],
    )


def _figures(ran: Sequence[Ran]) -> Mapping[str, Figure]:
    return {
        "ready, s": Spread.of([each.ready for each in ran]),
        "deliveries/s": Spread.of([each.rate for each in ran]),
        "peak, MiB": Spread.of([each.memory for each in ran]),
    }
