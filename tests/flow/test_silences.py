"""An operator's day at the command line of a gateway that runs."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from gateway.cli.program import app
from tests.flow.conftest import Receiver, Running, configuration

Start = Callable[..., Awaitable[Receiver]]
Run = Callable[[Path], Awaitable[Running]]
WHO = ("--owner", "ops", "--reason", "being moved")
MUTED = "/api/v1/deliveries?status=muted"


def to(folder: Path, siem: Receiver, **route: Any) -> Path:
    sinks = {"siem": {"type": "http", "url": siem.url}}
    return configuration(
        folder, sinks=sinks, route={"sinks": ["siem"], "group_by": ["finding"], **route}
    )


async def command(gateway: Running, *words: str) -> Result:
    """What the command says, which must succeed."""
    url = f"http://127.0.0.1:{gateway.gateway.admin.port}"
    result = await asyncio.to_thread(CliRunner().invoke, app, [*words, "--url", url])
    assert result.exit_code == 0, result.output
    return result


def in_minutes(gateway: Running, minutes: int) -> str:
    return (gateway.gateway._clock.now() + timedelta(minutes=minutes)).isoformat()


def items(page: Any) -> Any:
    return page["items"]


async def test_what_a_silence_muted_is_told_when_it_ends_by_itself(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    siem = await receiver(204, "")
    gateway = await run(to(tmp_path, siem))
    until = in_minutes(gateway, 5)
    added = await command(gateway, "silence", "add", "severity = critical", *WHO, "--until", until)

    await gateway.send("new-critical")
    muted = await gateway.until(MUTED, items)
    listed = await command(gateway, "silence", "list", "--status", "active")
    alerts = await command(gateway, "alerts", "--status", "open", "--json")

    assert added.stdout.strip() in listed.stdout
    assert added.stdout.strip() in muted["items"][0]["muted_by"]
    assert [each["status"] for each in json.loads(alerts.stdout)] == ["open"]
    assert siem.got == []

    (told,) = await siem.wait_for(1)
    assert told.json["type"] == "alert.opened"
    listed = await command(gateway, "silence", "list", "--status", "expired")
    assert added.stdout.strip() in listed.stdout


async def test_what_was_told_is_closed_though_it_is_silenced_by_then(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    siem = await receiver(204, "")
    gateway = await run(to(tmp_path, siem))
    await gateway.send("new-critical")
    await siem.wait_for(1)

    await command(gateway, "silence", "add", "severity = critical", *WHO, "--for", "9d")
    await gateway.send("fixed", hours=1)

    _, closed = await siem.wait_for(2)
    assert closed.json["type"] == "alert.resolved"


async def test_a_stored_event_is_explained_with_what_became_of_it(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    siem = await receiver(204, "")
    gateway = await run(
        to(tmp_path, siem, routes=[{"name": "worst", "matchers": ["severity = high"]}])
    )
    silence = await command(gateway, "silence", "add", "severity = critical", *WHO, "--for", "9d")
    event = (await gateway.send("new-critical"))["event"]
    await gateway.until(MUTED, items)

    before = await command(gateway, "explain", "--event", event)
    await command(gateway, "silence", "expire", silence.stdout.strip())
    await gateway.settled(1)
    after = await command(gateway, "explain", "--event", event)

    assert "✗ worst" in before.stdout
    assert f"muted by silence {silence.stdout.strip()}" in before.stdout
    assert "siem: muted (silenced)" in before.stdout
    assert "siem: delivered after 1 try" in after.stdout


async def test_what_a_wrong_rule_dropped_is_told_by_a_replay_and_nothing_else_is(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    siem = await receiver(204, "")
    since = "2020-01-01T00:00:00Z"
    gateway = await run(to(tmp_path, siem))
    await gateway.send("new-critical", number=1)
    await siem.wait_for(1)
    drop = {"name": "mistake", "matchers": ["severity = critical"], "sinks": []}
    to(tmp_path, siem, routes=[drop])
    await gateway.change("reload")
    await gateway.send("new-critical", number=2)
    await gateway.until("/api/v1/events?status=pending", lambda page: not items(page))

    to(tmp_path, siem)
    await command(gateway, "reload")
    dry = await command(gateway, "replay", "--since", since, "--dry-run")
    assert len(siem.got) == 1
    real = await command(gateway, "replay", "--since", since)

    _, missed = await siem.wait_for(2)
    await gateway.until("/api/v1/events?status=pending", lambda page: not items(page))
    assert ("2 events" in dry.output, "2 events" in real.output) == (True, True)
    assert missed.json["alert"]["findings"][0]["id"] == "SNYK-JS-LODASH-3"
    assert len(await gateway.settled(2)) == 2
    assert len(siem.got) == 2


async def test_an_alert_that_is_resolved_by_hand_is_closed_where_it_was_opened(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    genie = await receiver(202, '{"requestId": "r-1"}')
    oncall = {
        "type": "opsgenie",
        "verify": False,
        "api_key": "genie-key-genie-key",
        "url": genie.url,
    }
    route = {"sinks": ["oncall"], "group_by": ["finding"]}
    gateway = await run(configuration(tmp_path, sinks={"oncall": oncall}, route=route))
    await gateway.send("new-critical")
    await gateway.settled(1)
    (alert,) = items(await gateway.admin("/api/v1/alerts"))

    await command(gateway, "alerts", "resolve", alert["id"])

    opened, closed = await genie.wait_for(2)
    assert closed.path == f"/v2/alerts/{opened.json['alias']}/close"
    (alert,) = items(await gateway.admin("/api/v1/alerts"))
    assert (alert["status"], alert["ended"]) == ("resolved", "by_hand")
