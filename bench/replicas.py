"""What an event costs several gateways and their PostgreSQL, and what a claim costs.

As many replicas as a table row says share one database on one machine with the load and the
receiver: rates are this machine's, and stop growing where its processors are used up. What carries
over is what an event costs: processor time, commits and bytes of the log.
"""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import psycopg
import yaml

from bench import postgres
from bench.child import cpu_seconds
from bench.cores import spread_out
from bench.disk import scratch
from bench.load import closed
from bench.receiver import Receiver, receiving
from bench.result import Figure, Part, Row
from bench.webhook import SECRET, body, request
from tests.faults.process import Life, start
from tests.postgres import PostgreSQL, database, server

REPLICAS = (1, 2, 4)
EVENTS = 1_000
SENDERS = 32
PENDING = (1_000, 100_000, 1_000_000)
_DONE_WITHIN = 60.0


def configure(folder: Path, store: str, receiver: str) -> Path:
    """One notice for each event, to one sink."""
    sections = {
        "server": {"listen": "127.0.0.1:0"},
        "admin": {"listen": "127.0.0.1:0"},
        "store": {"url": store},
        "sources": {"snyk": {"type": "snyk", "secrets": [SECRET]}},
        "sinks": {"siem": {"type": "http", "url": receiver, "concurrency": 16}},
        "route": {
            "sinks": ["siem"],
            "group_by": ["project.id"],
            "group_wait": "0s",
            "max_alerts": "900000/1h",
        },
    }
    config = folder / "config"
    config.mkdir()
    (config / "gateway.yaml").write_text(yaml.safe_dump(sections))
    return config


@asynccontextmanager
async def running(config: Path, number: int) -> AsyncIterator[Sequence[Life]]:
    """So many replicas."""
    lives = [await start(config, each) for each in range(1, number + 1)]
    async with AsyncExitStack() as stack:
        for life in lives:
            stack.push_async_callback(life.end, signal.SIGTERM)
            if not await life.started():
                raise SystemExit(life.log.read_text()[-2000:])
        yield lives


def spent(server: PostgreSQL, url: str, lives: Sequence[Life]) -> Mapping[str, float]:
    """What was used up so far."""
    with psycopg.connect(url, autocommit=True) as connection:
        ((commits, log),) = connection.execute(
            "SELECT xact_commit, pg_current_wal_lsn() - '0/0'::pg_lsn"
            " FROM pg_stat_database WHERE datname = current_database()"
        )
    return {
        "gateways": sum(cpu_seconds(each.process.pid) for each in lives),
        "database": cpu_seconds(server.pid),
        "commits": float(commits),
        "log": float(log),
    }


async def share(
    server: PostgreSQL, receiver: Receiver, number: int, sent: Sequence[bytes]
) -> dict[str, Figure]:
    """What so many replicas make of the load."""
    with scratch() as folder, database(server.url) as url:
        config = configure(Path(folder), url, receiver.url)
        async with running(config, number) as lives:
            receiver.clear()
            await asyncio.sleep(2)
            before, began = spent(server, url, lives), time.perf_counter()
            await post(lives, sent)
            accepted = time.perf_counter()
            while await lives[0].items("events?status=pending&limit=1"):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.05)
            dispatched = time.perf_counter()
            if not await receiver.until(len(sent), _DONE_WITHIN):
                raise RuntimeError(f"{len(receiver.times)} of {len(sent)} were delivered")
            done = time.perf_counter()
            await asyncio.sleep(1)  # until the server's counters are up to date
            after = spent(server, url, lives)
    each = {name: (after[name] - before[name]) / len(sent) for name in after}
    return {
        "accepted/s": len(sent) / (accepted - began),
        "dispatched/s": len(sent) / (dispatched - began),
        "delivered/s": len(sent) / (done - began),
        "gateways, CPU-ms/event": each["gateways"] * 1000,
        "database, CPU-ms/event": each["database"] * 1000,
        "transactions/event": each["commits"],
        "log, kB/event": each["log"] / 1000,
    }


async def post(lives: Sequence[Life], sent: Sequence[bytes]) -> None:
    """Every webhook once, to one replica after the other, as fast as they answer."""
    shares = [sent[number :: len(lives)] for number in range(len(lives))]
    ports = [int(life.public.rpartition(":")[2]) for life in lives]
    loads = [
        closed(port, mine, SENDERS // len(lives)) for port, mine in zip(ports, shares, strict=True)
    ]
    for load in await asyncio.gather(*loads):
        load.sound()


async def measure(*, quick: bool) -> Part:
    """Everything, one after the other, on every core there is."""
    spread_out()
    number, replicas, pending, hour = (
        (100, (1, 2), PENDING[:1], 2_000)
        if quick
        else (EVENTS, REPLICAS, PENDING, postgres.AN_HOUR)
    )
    sent = [request("/webhooks/snyk", body(each, size=None)) for each in range(number)]
    rows = []
    with server(fsync="on", full_page_writes="on", autovacuum_naptime="1s") as started:
        async with receiving() as receiver:
            for each in replicas:
                figures = await share(started, receiver, each, sent)
                rows.append(Row(what=f"gateways: {each}", figures=figures))
        for waiting in pending:
            figures = await postgres.claims(started, waiting)
            rows.append(Row(what=f"a claim while {waiting:,} wait", figures=figures))
        for ours in (False, True):
            whose = "ours" if ours else "PostgreSQL's own"
            figures = await postgres.bloat(started, hour, ours=ours)
            rows.append(Row(what=f"deliveries after {hour:,}, settings: {whose}", figures=figures))
        version = psycopg.connect(started.url).info.server_version // 10_000
    return Part(
        name="replicas",
        title="Several gateways over one PostgreSQL",
        rows=rows,
        notes=[
            (
                f"PostgreSQL {version}, `fsync` on; {number:,} events of "
                f"{len(body(0, size=None)):,} bytes with three findings, a notice for each, "
                f"{SENDERS} connections."
            ),
            (
                "Gateways, database, load and receiving end share every core of the machine: what "
                "carries over is what an event costs."
            ),
        ],
    )
