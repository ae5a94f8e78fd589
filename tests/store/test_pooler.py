"""Through PgBouncer in transaction mode: the next statement may meet another server process."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import pytest

from gateway.store import duties, events, locks
from gateway.store.dispatching import LEASE
from gateway.store.store import Store
from tests.postgres import database, free_port, unprivileged
from tests.store.conftest import NOW

PROGRAM = shutil.which("pgbouncer")
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="PgBouncer's program is not installed")

SETTINGS = """\
[databases]
* = host=127.0.0.1 port={port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own}
auth_type = any
auth_file =
unix_socket_dir =
pool_mode = transaction
default_pool_size = 2
"""


@pytest.fixture
def pooled_url(postgres_url: str) -> Iterator[str]:
    """Of an empty database, behind a pooler with fewer connections than the store has."""
    with database(postgres_url) as url, TemporaryDirectory(prefix="gateway-pooler-") as name:
        folder, own = Path(name), free_port()
        with psycopg.connect(url) as connection:
            port, user = connection.info.port, connection.info.user
        settings = SETTINGS.format(port=port, own=own).replace("* =", f"* = user={user}")
        (folder / "pgbouncer.ini").write_text(settings)
        how = unprivileged(folder)
        with (folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [str(PROGRAM), "pgbouncer.ini"], cwd=folder, stdout=log, stderr=log, **how
            )
        try:
            _listens(own, folder / "log")
            yield f"postgresql://{user}@127.0.0.1:{own}/{url.rpartition('/')[2]}"
        finally:
            os.kill(process.pid, signal.SIGKILL)
            process.wait(10)


def _listens(port: int, log: Path) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(log.read_text())


async def test_everything_works_as_it_does_without(pooled_url: str, make: Any) -> None:
    store = Store.open(pooled_url)  # migrations too

    async def work(number: int) -> str:
        await store.write(lambda c: events.add(c, [make.arrival(f"evt_{number}")]))
        await store.write(lambda c: locks.take(c, "route a", f"project {number % 3}"))
        body = await store.read(lambda c: events.body(c, f"evt_{number}"))
        return body.decode()

    bodies = await asyncio.gather(*map(work, range(60)))
    begun = await store.write(lambda c: events.begin(c, 99, now=NOW))
    duty = await store.write(lambda c: duties.take(c, "flush", "one", LEASE, NOW))
    settings = await store.write(
        lambda c: c.exec_driver_sql("SHOW synchronous_commit").scalar_one()
    )
    store.close()

    assert set(bodies) == {'{"made": "up"}'}
    assert (len(begun), duty, settings) == (60, True, "on")
    assert await asyncio.to_thread(_left_behind, pooled_url) == "0"


def _left_behind(url: str) -> str:
    """What the next client of a server's process finds: nothing of ours."""
    with psycopg.connect(url) as connection:
        ((left,),) = connection.execute("SHOW idle_in_transaction_session_timeout")
    return str(left)
