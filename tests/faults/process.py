"""The real program in a process of its own, one life after the other on the same store."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from gateway.model.identity import delivery_identity
from gateway.store.driver import driver
from tests.faults.oracle import Copies, Kill
from tests.faults.witnesses import AT_ONCE, SECRET

ROOT = Path(__file__).parents[2]
_STARTED_WITHIN = 60.0
_ENDED_WITHIN = 60.0
_LOOK = 0.02
ALERT = '{"action": "{{ alert.action }}", "project": "{{ project.id }}"}'
PAGE = '{"message": "{{ project.id }}", "note": "{{ project.id }}"}'


def configure(folder: Path, receivers: str) -> Path:
    """A configuration with the three receivers; each life of the gateway calls them by its number.

    The archive gets every body as it came; `alerts` and `pager` get an alert for each finding.
    """
    url = receivers + "/${LIFE}/"
    kept = {"type": "http", "concurrency": AT_ONCE, "timeout": "120s"}
    sections = {
        "server": {"listen": "127.0.0.1:0", "grace": "20s"},
        "admin": {"listen": "127.0.0.1:0"},
        "store": {"url": f"sqlite:///{folder}/store/gateway.db"},
        "sources": {"snyk": {"type": "snyk", "secrets": [SECRET]}},
        "sinks": {
            "archive": {**kept, "url": url + "archive"},
            "alerts": {**kept, "url": url + "alerts", "template": "alert"},
            "pager": {
                "type": "opsgenie",
                "api_key": "made-up-key",
                "url": url + "pager",
                "template": "page",
            },
        },
        "route": {
            "sinks": ["alerts", "pager"],
            "group_by": ["finding"],
            "max_alerts": "900000/1h",
            "routes": [
                {"name": "everything", "deliver": "events", "sinks": ["archive"]},
                {"name": "rest"},
            ],
        },
    }
    config = folder / "config"
    (config / "templates").mkdir(parents=True)
    (config / "gateway.yaml").write_text(yaml.safe_dump(sections))
    (config / "templates" / "alert.json.j2").write_text(ALERT)
    (config / "templates" / "page.json.j2").write_text(PAGE)
    return config


@dataclass(slots=True)
class Life:
    """One run of `snyk-gateway serve`."""

    number: int
    process: asyncio.subprocess.Process
    log: Path
    public: str = ""
    admin: str = ""

    async def started(self) -> bool:
        """Whether it came so far as to listen; False where it ended before."""
        async with asyncio.timeout(_STARTED_WITHIN):
            while not self.public:
                if self.process.returncode is not None:
                    return False
                for line in self.said():
                    if line.get("event") == "started":
                        self.public, self.admin = line["public"], line["admin"]
                await asyncio.sleep(_LOOK)
        return True

    @property
    def hook(self) -> str:
        """Where webhooks are sent."""
        return f"http://{self.public}/webhooks/snyk"

    async def says(self, holds: Callable[[dict[str, Any]], bool]) -> None:
        """Returns once a line of its log is like that."""
        async with asyncio.timeout(_STARTED_WITHIN):
            while not any(map(holds, self.said())):
                await asyncio.sleep(_LOOK)

    def said(self) -> list[dict[str, Any]]:
        """The whole lines of its log."""
        whole, _, _ = self.log.read_text(encoding="utf-8").rpartition("\n")
        return [json.loads(line) for line in whole.splitlines() if line.startswith("{")]

    async def ended(self) -> int:
        """Its exit code, once it has ended; it is killed where that takes too long."""
        try:
            async with asyncio.timeout(_ENDED_WITHIN):
                return await self.process.wait()
        except TimeoutError:
            await self.end(signal.SIGKILL)
            raise

    async def end(self, number: signal.Signals) -> int:
        """Its exit code after that signal."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        return await self.ended()

    async def items(self, path: str) -> list[dict[str, Any]]:
        """A page of a list on the admin side."""
        async with (
            aiohttp.ClientSession() as client,
            client.get(f"http://{self.admin}/api/v1/{path}") as answer,
        ):
            answer.raise_for_status()
            items: list[dict[str, Any]] = (await answer.json())["items"]
            return items

    async def idle(self) -> None:
        """Returns once nothing waits any more."""
        waiting = ["events?status=pending"]
        waiting += [f"deliveries?status={each}" for each in ("pending", "sending", "pending")]
        while waiting:
            if await self.items(f"{waiting[0]}&limit=1"):
                await asyncio.sleep(5 * _LOOK)
            else:
                del waiting[0]


async def start(config: Path, number: int, words: Sequence[str] = ()) -> Life:
    """A new life on that configuration; the words are the launcher's."""
    log = config.parent / f"life-{number}.log"
    module = ("-m", "tests.faults.launcher", *words) if words else ("-m", "gateway")
    with log.open("wb") as stream:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *(*module, "serve", "--config", str(config)),
            cwd=ROOT,
            env=_environ(number),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
        )
    return Life(number, process, log)


def _environ(life: int) -> Mapping[str, str]:
    return {**os.environ, "LIFE": str(life), "PYTHONPATH": str(ROOT)}


UNFINISHED = """
    SELECT sink, state, alert_key, alert_id, event_id, revision
    FROM deliveries WHERE ended_at IS NULL
"""


def autopsy(config: Path, window: str) -> Kill:
    """How the store of a dead process stands."""
    path = config.parent / "store" / "gateway.db"
    connection = driver.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        rows = connection.execute(UNFINISHED).fetchall()
    finally:
        connection.close()
    unsettled = {_copies(sink, *about) for sink, state, *about in rows if state == "sending"}
    return Kill(window, len(rows), frozenset(unsettled))


def _copies(sink: str, key: str, alert: str | None, event: str, revision: int) -> Copies:
    """What a receiver sees of a delivery; an alert opens with its first revision."""
    identity = key if sink == "pager" else delivery_identity(key, alert or event, revision, sink)
    if alert is None:
        return sink, "event", identity
    return sink, "create" if revision == 1 else "close", identity
