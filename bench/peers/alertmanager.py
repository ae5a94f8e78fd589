"""Alertmanager: by itself, and behind a shim that verifies what Snyk sends."""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import yaml

from bench import webhook
from bench.bare import messages
from bench.child import started
from bench.peers.chain import Chain, Processes, Program, answers, free_port

PROGRAM = Program("prometheus-alertmanager", "apt-get install prometheus-alertmanager")
_PATH = "/api/v2/alerts"


def configuration(url: str) -> str:
    """One receiver, and a notification for each finding at once.

    https://prometheus.io/docs/alerting/latest/configuration/#route: `...` groups by all labels. No
    group lives as long as its interval, so none is looked at twice; a shorter one would cost it.
    """
    route = {
        "receiver": "receiver",
        "group_by": ["..."],
        "group_wait": "0s",
        "group_interval": "1m",
        "repeat_interval": "24h",
    }
    target = {"url": url, "send_resolved": False}
    receiver = {"name": "receiver", "webhook_configs": [target]}
    return yaml.safe_dump({"route": route, "receivers": [receiver]})


def requests(first: int, number: int) -> list[bytes]:
    """What the shim would post of so many webhooks."""
    return [_post(webhook.body(each, size=None)) for each in range(first, first + number)]


def _post(body: bytes) -> bytes:
    (alerts,) = messages("alertmanager", json.loads(body))
    made = json.dumps(alerts).encode()
    head = f"POST {_PATH} HTTP/1.1\r\nHost: alertmanager\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(made)}\r\n\r\n".encode() + made


@asynccontextmanager
async def _alone(folder: Path, url: str) -> AsyncIterator[Processes]:
    file, port = folder / "alertmanager.yaml", free_port()
    file.write_text(configuration(url))
    command = PROGRAM.command(
        f"--config.file={file}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
        "--log.level=error",
    )
    async with started(command, folder / "alertmanager.log") as child:
        await answers(child, port)
        yield Processes(port, [child])


@asynccontextmanager
async def _behind_shim(folder: Path, url: str) -> AsyncIterator[Processes]:
    async with _alone(folder, url) as alone:
        target = f"http://127.0.0.1:{alone.port}{_PATH}"
        async with shim("alertmanager", target, folder / "shim.log") as shimmed:
            yield Processes(shimmed.port, [*shimmed.children, *alone.children])


@asynccontextmanager
async def shim(kind: str, url: str, log: Path) -> AsyncIterator[Processes]:
    """`bench.bare`: checks a signature and posts the findings, and stores nothing."""
    async with started([sys.executable, "-m", "bench.bare", kind, url], log) as child:
        yield Processes(int(await child.says("")), [child])


SHIMMED = Chain(
    what="Alertmanager behind a verifying shim",
    running=_behind_shim,
    events=300,
    needs=[PROGRAM],
)
ALONE = Chain(
    what="Alertmanager alone: nothing verified or parsed",
    running=_alone,
    events=600,
    needs=[PROGRAM],
    requests=requests,
    aside=True,
)
