"""What the gateway is held against, as a process: aiohttp with nothing behind it.

`python -m bench.bare handler` checks the signature. `… relay URL` also parses the body and posts a
message for each event before it answers; `… whole URL` posts the event as it came, `… each URL` a
message for each finding, `… alertmanager URL` an alert for each. Nothing is stored.
"""

import asyncio
import hashlib
import hmac
import json
import sys
from collections.abc import Iterator
from typing import Any

import aiohttp
from aiohttp import web

from bench.webhook import SECRET

_MOST = 30 * 1024 * 1024


class Relay:
    """Checks a webhook, passes it on, and answers."""

    def __init__(self, kind: str, url: str) -> None:
        self._kind = kind
        self._url = url
        self._client: aiohttp.ClientSession | None = None

    async def receive(self, request: web.Request) -> web.Response:
        """200 where the signature is right."""
        body = await request.read()
        mac = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(f"sha256={mac}", request.headers.get("X-Hub-Signature", "")):
            raise web.HTTPUnauthorized
        if self._kind != "handler":
            await self._forward(json.loads(body), body)
        return web.json_response({"status": "accepted"})

    async def _forward(self, event: dict[str, Any], body: bytes) -> None:
        if self._kind == "whole":
            await self._post(data=body, headers={"Content-Type": "application/json"})
        for message in messages(self._kind, event):
            await self._post(json=message)

    async def _post(self, **what: Any) -> None:
        async with self._session.post(self._url, **what) as answer:
            await answer.read()

    @property
    def _session(self) -> aiohttp.ClientSession:
        if self._client is None:
            connector = aiohttp.TCPConnector(limit=64)
            self._client = aiohttp.ClientSession(connector=connector)
        return self._client


def messages(kind: str, event: dict[str, Any]) -> Iterator[Any]:
    """What is posted of an event."""
    project = event["project"]
    match kind:
        case "relay":
            titles = [issue["issueData"]["title"] for issue in event["newIssues"]]
            yield {"project": project["name"], "titles": titles}
        case "each":
            for issue in event["newIssues"]:
                yield {"project": project["name"], "title": issue["issueData"]["title"]}
        case "alertmanager":
            yield [alert(project, issue) for issue in event["newIssues"]]


def alert(project: dict[str, Any], issue: dict[str, Any]) -> dict[str, Any]:
    """A finding as Alertmanager's API v2 takes it."""
    data = issue["issueData"]
    return {
        "labels": {
            "alertname": issue["id"],
            "project": project["name"],
            "severity": data["severity"],
        },
        "annotations": {"summary": data["title"], "url": data["url"]},
    }


def main() -> None:
    """Serves until it is ended; writes its port to the standard output."""
    kind, url = sys.argv[1], (sys.argv[2:] or [""])[0]
    asyncio.run(_serve(Relay(kind, url)))


async def _serve(relay: Relay) -> None:
    app = web.Application(client_max_size=_MOST)
    app.router.add_post("/webhooks/snyk", relay.receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    sys.stdout.write(f"{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    main()
