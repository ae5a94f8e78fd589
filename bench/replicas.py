"""What an event costs replicas and their PostgreSQL, and what a claim costs: results/replicas.json.

As many replicas as a table row says share one database on one machine with the load and the
receiver: rates are this machine's, and stop growing where its processors are used up. What carries
over is what an event costs: processor time, commits and bytes of the log.
"""

import asyncio
import json
import signal
import statistics
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
import psycopg
import yaml

from bench.backlog import Receiver, receiving
from bench.machine import machine
from gateway import samples
from gateway.model.identity import new_id
from gateway.model.rate import AT_ONCE
from gateway.sources.snyk import signed_headers
from gateway.store import clock, deliveries, locks
from gateway.store.store import Connection, Store
from tests.faults.process import Life, start
from tests.postgres import PostgreSQL, database, server

SECRET = "a-secret-of-sixteen-or-more"  # noqa: S105 - made up
REPLICAS = (1, 2, 4)
EVENTS = 1_000
SENDERS = 32
PENDING = (1_000, 100_000, 1_000_000)
CLAIMS = 200
AN_HOUR = 36_000
"""Deliveries of an hour, at ten a second."""
RESULTS = Path(__file__).parent / "results" / "replicas.json"
_DONE_WITHIN = 60.0
_TICKS = 100.0  # of a second of processor time, in /proc (man 5 proc)


def body(number: int) -> bytes:
    """A project's first test, with three findings."""
    (made,) = samples.bodies("new-critical", number=number, at=datetime(2026, 3, 1, tzinfo=UTC))
    whole: dict[str, Any] = dict(made)
    (issue,) = whole["newIssues"]
    whole["newIssues"] = [{**issue, "id": f"{issue['id']}-{each}"} for each in range(3)]
    return samples.encode(whole)


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


def cpu_seconds(pid: int) -> float:
    """Of a process with those that it started, living and dead."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return 0.0
    # utime, stime, cutime, cstime
    return sum(map(int, fields[11:15])) / _TICKS + sum(cpu_seconds(int(each)) for each in children)


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


async def post(lives: Sequence[Life], bodies: Sequence[bytes]) -> None:
    """Every body once, to one replica after the other, as fast as they answer."""
    rest = iter(enumerate(bodies))

    async def send(client: aiohttp.ClientSession) -> None:
        for number, each in rest:
            headers = signed_headers(
                each, SECRET, event="project_snapshot/v0", transport_id=str(number),
                timestamp="2026-03-01T12:00:00Z",
            )  # fmt: skip
            hook = lives[number % len(lives)].hook
            async with client.post(hook, data=each, headers=headers) as answer:
                answer.raise_for_status()

    async with aiohttp.ClientSession() as client:
        await asyncio.gather(*(send(client) for _ in range(SENDERS)))


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


async def share(server: PostgreSQL, receiver: Receiver, number: int) -> dict[str, float]:
    """What so many replicas make of the load."""
    bodies = [body(each) for each in range(EVENTS)]
    with TemporaryDirectory() as folder, database(server.url) as url:
        config = configure(Path(folder), url, receiver.url)
        async with running(config, number) as lives:
            receiver.came.clear()
            await asyncio.sleep(2)
            before, began = spent(server, url, lives), time.perf_counter()
            await post(lives, bodies)
            accepted = time.perf_counter()
            while await lives[0].items("events?status=pending&limit=1"):  # noqa: ASYNC110 - the same
                await asyncio.sleep(0.05)
            dispatched = time.perf_counter()
            async with asyncio.timeout(_DONE_WITHIN):
                while len(receiver.came) < EVENTS:  # noqa: ASYNC110 - another process's doing
                    await asyncio.sleep(0.02)
            done = time.perf_counter()
            await asyncio.sleep(1)  # until the server's counters are up to date
            after = spent(server, url, lives)
    used = {name: after[name] - before[name] for name in after}
    return {
        "replicas": number,
        "accepted/s": EVENTS / (accepted - began),
        "dispatched/s": EVENTS / (dispatched - began),
        "delivered/s": EVENTS / (done - began),
        "gateway CPU-ms/event": used["gateways"] * 1000 / EVENTS,
        "database CPU-ms/event": used["database"] * 1000 / EVENTS,
        "commits/event": used["commits"] / EVENTS,
        "log bytes/event": used["log"] / EVENTS,
        "received": len(receiver.came),
    }


def fill(url: str, waiting: int) -> None:
    """So many deliveries that are due, of ten sinks."""
    event = (
        "INSERT INTO events (id, source, dedup, status, type, version, transport_id, received_at,"
        " project_id, project_name, org_id, new_count, removed_count, unreadable_issues, tries,"
        " error, bytes) VALUES ('evt_1', 'snyk', '\\x00', 'dispatched', 'project_snapshot', 'v0',"
        " '', 1, 'p', 'p', 'o', 1, 0, 0, 1, '', 2)"
    )
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(event)
        connection.execute(_ARRIVE, [1, waiting])
        connection.execute("ANALYZE")


async def claims(server: PostgreSQL, waiting: int) -> dict[str, float]:
    """Milliseconds of one claim of eight while so many wait."""
    with database(server.url) as url:
        Store.open(url).close()
        fill(url, waiting)
        store = Store.open(url)
        times, taken = [], 0
        for number in range(CLAIMS):
            began = time.perf_counter()
            taken += await store.write(partial(_claim, sink=f"sink-{number % 10}"))
            times.append((time.perf_counter() - began) * 1000)
        store.close()
    p95 = statistics.quantiles(times, n=20)[-1]
    return {"pending": waiting, "claimed": taken, "ms": statistics.median(times), "p95": p95}


def _claim(connection: Connection, sink: str) -> int:
    locks.take(connection, locks.of_sink(sink))
    now = clock.now(connection, datetime.now(UTC))
    found = deliveries.due(connection, sink, now=now, limit=8)
    held = deliveries.hold(
        connection, sink, found, now=now, claim=new_id("clm", now), pace=AT_ONCE,
        lease_until=now + timedelta(seconds=90),
    )  # fmt: skip
    return len(held)


async def bloat(server: PostgreSQL, *, ours: bool) -> dict[str, Any]:
    """The table of deliveries after an hour's worth went through it, each claimed and settled."""
    with database(server.url) as url:
        store = Store.open(url)
        with psycopg.connect(url, autocommit=True) as connection:
            if not ours:
                for table in ("deliveries", "events", "sink_states"):
                    settings = "autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold"
                    connection.execute(f"ALTER TABLE {table} RESET ({settings})".encode())
            fill(url, 0)
            for first in range(1, AN_HOUR, 500):
                connection.execute(_ARRIVE, [first, first + 499])
                connection.execute(_CLAIMED)
                connection.execute(_SETTLED)
                if first % 6_000 == 1:
                    await asyncio.sleep(1)  # autovacuum looks around once a second here
            await asyncio.sleep(5)
            ((size, live, dead, runs),) = connection.execute(_SIZE)
        store.close()
    return {
        "settings": "ours" if ours else "PostgreSQL's own",
        "MiB": size / 2**20,
        "bytes/row": size / max(live, 1),
        "dead rows": dead,
        "autovacuum runs": runs,
    }


_ARRIVE = (
    b"INSERT INTO deliveries (id, deliver, alert_key, route, event_id, sink, revision, severity,"
    b" state, reason, muted_by, reminder, lane, attempts, ambiguous, accepted_at, created_at,"
    b" next_attempt_at) SELECT 'dlv_' || n, 'findings', 'key ' || n, 'root', 'evt_1',"
    b" 'sink-' || n %% 10, 1, 3, 'pending', '', '', false, '', 0, false, 1, 1, n"
    b" FROM generate_series(%s::int, %s::int) AS n"
)
_CLAIMED = (
    b"UPDATE deliveries SET state = 'sending', claim = 'clm', lease_until = 1"
    b" WHERE state = 'pending'"
)
_SETTLED = (
    b"UPDATE deliveries SET state = 'delivered', claim = NULL, lease_until = NULL, attempts = 1,"
    b" next_attempt_at = NULL, first_attempt_at = 1, ended_at = 2 WHERE state = 'sending'"
)
_SIZE = (
    b"SELECT pg_total_relation_size('deliveries'), n_live_tup, n_dead_tup, autovacuum_count"
    b" FROM pg_stat_user_tables WHERE relname = 'deliveries'"
)


async def measure() -> dict[str, Any]:
    """Everything, one part after the other."""
    with server(fsync="on", full_page_writes="on", autovacuum_naptime="1s") as running_server:
        version = psycopg.connect(running_server.url).info.server_version
        said: dict[str, Any] = {"machine": machine(), "postgresql": version, "body": len(body(1))}
        async with receiving() as receiver:
            said["replicas"] = [
                _told(await share(running_server, receiver, number)) for number in REPLICAS
            ]
        said["claims"] = [_told(await claims(running_server, each)) for each in PENDING]
        said["bloat"] = [_told(await bloat(running_server, ours=each)) for each in (False, True)]
    return said


def _told(row: dict[str, Any]) -> dict[str, Any]:
    shown = {
        name: round(each, 2) if isinstance(each, float) else each for name, each in row.items()
    }
    sys.stdout.write("  ".join(f"{name} {each}" for name, each in shown.items()) + "\n")
    sys.stdout.flush()
    return shown


def main() -> None:
    """Measures, and writes the results down."""
    said = asyncio.run(measure())
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(said, indent=2) + "\n")


if __name__ == "__main__":
    main()
