"""A hundred reloads while webhooks come in: what arrived is what was sent, once each."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count, cycle, islice, pairwise
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from gateway import samples
from gateway.sources.snyk import signed_headers
from tests.flow.conftest import Got, Receiver, Running, configuration

Start = Callable[..., Awaitable[Receiver]]
Run = Callable[[Path], Awaitable[Running]]
RELOADS = 100
AT_ONCE = 4
BEHIND = 20
"""So many webhooks may wait for their turn: more would only show how fast the machine is."""
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
SIGNING = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")
QUIET = {
    "matchers": ['project.name =~ "acme/shop-[0-9]*5:.*"'],
    "until": "2099-01-01T00:00:00Z",
    "owner": "ops",
    "reason": "being moved",
}

# A lease is three times as long as a time-out, and the clock runs a hundred times as fast.
HTTP = {"type": "http", "timeout": "5m", "concurrency": 8}


@dataclass(frozen=True)
class Rules:
    """A configuration; each change makes another of it."""

    number: int = -1
    spare: bool = True
    silenced: bool = False
    route: str = ""
    group_by: str = "finding"
    signing: int = 0

    @property
    def round(self) -> int:
        return self.number // len(CHANGES)

    def write(self, folder: Path, archive: Receiver, alerts: Receiver, spare: Receiver) -> Path:
        sign = {"standard_webhooks": SIGNING[self.signing]}
        sinks = {
            "archive": {**HTTP, "url": archive.url, "sign": sign},
            "alerts": {**HTTP, "url": alerts.url, "template": "mine"},
        }
        routes: list[dict[str, Any]] = [
            {"name": "everything", "deliver": "events", "sinks": ["archive"]}
        ]
        if self.spare:
            sinks["spare"] = {**HTTP, "url": spare.url}
            one = {"name": "spare", "deliver": "findings", "sinks": ["spare"], "continue": True}
            routes.append(one)
        if self.route:
            routes.append({"name": self.route, "matchers": ["severity = critical"]})
        routes.append({"name": "rest"})
        self._template(folder)
        return configuration(
            folder,
            sources={
                "snyk": {"type": "snyk", "secrets": [secret(self.round), secret(self.round - 1)]}
            },
            sinks=sinks,
            route={
                "sinks": ["alerts"],
                "group_by": [self.group_by],
                "max_alerts": "5000/1h",
                "routes": routes,
            },
            **({"silences": [QUIET]} if self.silenced else {}),
        )

    def _template(self, folder: Path) -> None:
        templates = folder / "config" / "templates"
        templates.mkdir(parents=True, exist_ok=True)
        (folder / "fresh").write_text(
            f'{{"round": {self.round}, "action": "{{{{ alert.action }}}}", '
            '"project": "{{ project.id }}"}'
        )
        (folder / "fresh").replace(templates / "mine.json.j2")


def secret(number: int) -> str:
    """Of a round; that of the round before is valid as well."""
    return f"a-secret-of-the-round-{number}"


Change = Callable[[Rules], Rules]
CHANGES: dict[str, Change] = {
    "webhook secret and template": lambda rules: rules,
    "sink removed": lambda rules: replace(rules, spare=False),
    "sink added back": lambda rules: replace(rules, spare=True),
    "silence added": lambda rules: replace(rules, silenced=True),
    "silence removed": lambda rules: replace(rules, silenced=False),
    "route inserted": lambda rules: replace(rules, route=f"route-{rules.number}"),
    "grouped anew": lambda rules: replace(
        rules, group_by="project.id" if rules.group_by == "finding" else "finding"
    ),
    "signing secret": lambda rules: replace(rules, signing=1 - rules.signing),
    "route removed": lambda rules: replace(rules, route=""),
}


@dataclass
class Snyk:
    """Sends webhooks until it is told to stop: new findings, and fixes of what was told of."""

    gateway: Running
    archive: Receiver
    alerts: Receiver
    secret: str = secret(-1)
    stopped: bool = False
    sent: list[bytes] = field(default_factory=list)
    """What was acknowledged."""
    new: list[str] = field(default_factory=list)
    """Projects by their number."""
    fixed: list[str] = field(default_factory=list)

    async def run(self) -> None:
        for number in count(step=AT_ONCE):
            await self.archive.wait_for(len(self.sent) - BEHIND)
            if self.stopped and len(self.new) >= RELOADS:
                return
            several = range(number, number + AT_ONCE)
            self.new += await asyncio.gather(
                *(self._send("new-critical", each) for each in several)
            )
            if self.new[number // 2] in told(self.alerts, "create"):
                self.fixed.append(await self._send("fixed", number // 2))

    async def _send(self, name: str, number: int) -> str:
        at = AT + timedelta(hours=name == "fixed")
        (said,) = samples.bodies(name, number=number, at=at)
        body = samples.encode(said)
        headers = signed_headers(
            body,
            self.secret,
            event="project_snapshot/v0",
            transport_id=f"{name}-{number}",
            timestamp=at.isoformat(),
        )
        async with self.gateway.client.post(self.gateway.url, data=body, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
        self.sent.append(body)
        return str(said["project"]["id"])


def told(alerts: Receiver, action: str) -> Counter[str]:
    """How often the sink heard so of each project."""
    return Counter(got.json["project"] for got in alerts.got if got.json["action"] == action)


def signed_with(got: Got) -> str:
    """The secret that the request is signed with."""
    at = datetime.fromtimestamp(int(got.headers["webhook-timestamp"]), UTC)
    identity, body = got.headers["webhook-id"], got.body.decode()
    (found,) = (
        each
        for each in SIGNING
        if Webhook(each).sign(identity, at, body) == got.headers["webhook-signature"]
    )
    return found


@pytest.mark.timeout(400)  # a hundred reloads, on whatever machine
async def test_a_hundred_reloads_under_load_lose_nothing_and_tell_nothing_twice(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    archive, alerts, spare = await receiver(), await receiver(), await receiver()
    rules = Rules()
    gateway = await run(rules.write(tmp_path, archive, alerts, spare))
    snyk = Snyk(gateway, archive, alerts)
    load = asyncio.create_task(snyk.run())
    digests = [await digest(gateway)]

    for number, change in enumerate(islice(cycle(CHANGES.values()), RELOADS)):
        rules = change(replace(rules, number=number))
        rules.write(tmp_path, archive, alerts, spare)
        status, answer = await gateway.change("reload")
        assert status == 200, answer
        digests.append(await digest(gateway))
        snyk.secret = secret(rules.round)
    snyk.stopped = True
    await load
    await nothing_left(gateway)

    assert all(before != after for before, after in pairwise(digests))
    assert snyk.fixed
    assert sorted(got.body for got in archive.got) == sorted(snyk.sent)
    assert {signed_with(got) for got in archive.got} == set(SIGNING)
    assert told(alerts, "create") == Counter(snyk.new)
    assert told(alerts, "close") == Counter(snyk.fixed)
    assert len({got.json["round"] for got in alerts.got}) > 2
    for sink, name in ((archive, "archive"), (alerts, "alerts"), (spare, "spare")):
        assert set(Counter(got.headers["webhook-id"] for got in sink.got).values()) == {1}, name
        assert await ended(gateway, name) == {"delivered": len(sink.got)}
    assert await open_projects(gateway) == set(snyk.new) - set(snyk.fixed)


async def digest(gateway: Running) -> str:
    return str((await gateway.admin("/api/v1/config"))["digest"])


async def nothing_left(gateway: Running) -> None:
    """Once every event was routed and every delivery has come to an end."""
    await gateway.until("/api/v1/events?status=pending", is_empty)
    for status in ("held", "muted", "pending", "sending", "pending"):
        await gateway.until(f"/api/v1/deliveries?status={status}", is_empty)


def is_empty(page: Any) -> bool:
    return not page["items"]


async def every(gateway: Running, path: str) -> list[Any]:
    items: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await gateway.admin(f"{path}&limit=200{cursor and f'&cursor={cursor}'}")
        items += page["items"]
        cursor = page["next"]
    return items


async def ended(gateway: Running, sink: str) -> Counter[str]:
    """How the sink's deliveries ended."""
    return Counter(
        each["status"] for each in await every(gateway, f"/api/v1/deliveries?sink={sink}")
    )


async def open_projects(gateway: Running) -> set[str]:
    alerts = await every(gateway, "/api/v1/alerts?status=open")
    return {each["project"]["id"] for each in alerts}
