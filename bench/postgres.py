"""What the queue costs PostgreSQL: a claim while many deliveries wait, and the table afterwards."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from functools import partial

import psycopg

from bench.result import Figure, percentile
from gateway.model.identity import new_id
from gateway.model.rate import AT_ONCE
from gateway.store import clock, deliveries, locks
from gateway.store.store import Connection, Store
from tests.postgres import PostgreSQL, database

CLAIMS = 200
AN_HOUR = 36_000
"""Deliveries of an hour, at ten a second."""


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


async def claims(server: PostgreSQL, waiting: int) -> dict[str, Figure]:
    """Milliseconds of one claim of eight while so many wait."""
    with database(server.url) as url:
        Store.open(url).close()
        fill(url, waiting)
        store = Store.open(url)
        times: list[float] = []
        taken = 0
        for number in range(CLAIMS):
            began = time.perf_counter()
            taken += await store.write(partial(_claim, sink=f"sink-{number % 10}"))
            times.append((time.perf_counter() - began) * 1000)
        store.close()
    return {
        "p50, ms": percentile(times, 0.5),
        "p95, ms": percentile(times, 0.95),
        "claimed": taken,
    }


def _claim(connection: Connection, sink: str) -> int:
    locks.take(connection, locks.of_sink(sink))
    now = clock.now(connection, datetime.now(UTC))
    found = deliveries.due(connection, sink, now=now, limit=8)
    held = deliveries.hold(
        connection, sink, found, now=now, claim=new_id("clm", now), pace=AT_ONCE,
        lease_until=now + timedelta(seconds=90),
    )  # fmt: skip
    return len(held)


async def bloat(server: PostgreSQL, hour: int, *, ours: bool) -> dict[str, Figure]:
    """The table of deliveries after an hour's worth went through it, each claimed and settled."""
    with database(server.url) as url:
        store = Store.open(url)
        with psycopg.connect(url, autocommit=True) as connection:
            if not ours:
                for table in ("deliveries", "events", "sink_states"):
                    settings = "autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold"
                    connection.execute(f"ALTER TABLE {table} RESET ({settings})".encode())
            fill(url, 0)
            for first in range(1, hour, 500):
                connection.execute(_ARRIVE, [first, first + 499])
                connection.execute(_CLAIMED)
                connection.execute(_SETTLED)
                if first % 6_000 == 1:
                    await asyncio.sleep(1)  # autovacuum looks around once a second here
            await asyncio.sleep(5)
            ((size, live, dead, runs),) = connection.execute(_SIZE)
        store.close()
    return {
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
