"""adnanh/webhook: it verifies, and starts curl."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from bench import webhook
from bench.child import started
from bench.peers.chain import Chain, Processes, Program, answers, free_port

PROGRAM = Program("webhook", "apt-get install webhook")
CURL = Program("curl", "apt-get install curl")
FINDINGS = 3
"""In each event: a hook has no loop, and a shell with `jq` would be processes more."""


def configuration(url: str) -> str:
    """One hook: one curl for an event, which posts each finding by itself over one connection.

    https://github.com/adnanh/webhook/blob/2.8.0/docs/Hook-Rules.md#match-payload-hmac-sha256
    """
    rule = {
        "match": {
            "type": "payload-hmac-sha256",
            "secret": webhook.SECRET,
            "parameter": {"source": "header", "name": "X-Hub-Signature"},
        }
    }
    hook = {
        "id": "snyk",
        "execute-command": CURL.path,
        "pass-arguments-to-command": list(_arguments(url)),
        "trigger-rule": rule,
    }
    return json.dumps([hook])


def _arguments(url: str) -> Iterator[dict[str, Any]]:
    """-q: nothing from the user's own configuration; --next begins another request."""
    for finding in range(FINDINGS):
        for text in ("-q" if not finding else "--next", "--silent", "--noproxy", "*"):
            yield {"source": "string", "name": text}
        issue = f"newIssues.{finding}"
        for name in ("project.name", f"{issue}.id", f"{issue}.issueData.title"):
            yield {"source": "string", "name": "--data-raw"}
            yield {"source": "payload", "name": name}
        yield {"source": "string", "name": url}


@asynccontextmanager
async def _running(folder: Path, url: str) -> AsyncIterator[Processes]:
    file, port = folder / "hooks.json", free_port()
    file.write_text(configuration(url))
    command = PROGRAM.command("-hooks", file, "-ip", "127.0.0.1", "-port", str(port))
    async with started(command, folder / "log") as child:
        await answers(child, port)
        yield Processes(port, [child])


CHAIN = Chain(
    what="adnanh/webhook that starts curl",
    running=_running,
    events=100,
    needs=[PROGRAM, CURL],
    requests=partial(webhook.requests, path="/hooks/snyk"),
)
