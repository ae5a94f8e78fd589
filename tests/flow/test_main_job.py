import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from tests.flow.conftest import Receiver, Running, configuration

Start = Callable[..., Awaitable[Receiver]]
Run = Callable[[Path], Awaitable[Running]]
WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


async def three(receiver: Start) -> tuple[Receiver, Receiver, Receiver]:
    return await receiver(), await receiver(202, '{"requestId": "r-1"}'), await receiver(204, "")


def sinks(slack: Receiver, genie: Receiver, siem: Receiver) -> dict[str, Any]:
    return {
        "chat": {"type": "slack", "url": f"{slack.url}/services/T0/B0/x"},
        "oncall": {
            "type": "opsgenie",
            "verify": False,
            "api_key": "genie-key-genie-key",
            "url": genie.url,
        },
        "siem": {"type": "http", "url": siem.url, "sign": {"standard_webhooks": WHSEC}},
    }


def everywhere(by: str = "finding") -> dict[str, Any]:
    return {"sinks": ["chat", "oncall", "siem"], "group_by": [by]}


async def test_new_critical_finding_reaches_everyone_and_its_fix_closes_it(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    slack, genie, siem = await three(receiver)
    gateway = await run(
        configuration(tmp_path, sinks=sinks(slack, genie, siem), route=everywhere())
    )

    await gateway.send("new-critical")
    await genie.wait_for(1)
    await gateway.send("clean", number=1, hours=1)
    await gateway.send("ping")
    await gateway.send("fixed", hours=2)

    opened, closed = await genie.wait_for(2)
    alias = opened.json["alias"]
    assert (opened.path, opened.json["priority"]) == ("/v2/alerts", "P1")
    assert closed.path == f"/v2/alerts/{alias}/close"
    assert opened.headers["authorization"] == "GenieKey genie-key-genie-key"
    first, second = await siem.wait_for(2)
    assert [got.json["type"] for got in (first, second)] == ["alert.opened", "alert.resolved"]
    assert first.headers["webhook-id"] != second.headers["webhook-id"]
    message = (await slack.wait_for(1))[0].json
    assert "lodash" in str(message["attachments"])
    await gateway.settled(5)
    assert (len(slack.got), len(genie.got), len(siem.got)) == (1, 2, 2)


async def test_http_endpoint_can_verify_what_it_gets(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    slack, genie, siem = await three(receiver)
    gateway = await run(
        configuration(tmp_path, sinks=sinks(slack, genie, siem), route=everywhere())
    )

    await gateway.send("new-critical")

    got = (await siem.wait_for(1))[0]
    # The clock here runs ahead of the oracle's, which would refuse the time stamp.
    at = datetime.fromtimestamp(int(got.headers["webhook-timestamp"]), UTC)
    signed = Webhook(WHSEC).sign(got.headers["webhook-id"], at, got.body.decode())
    assert signed in got.headers["webhook-signature"].split()
    assert got.json["type"] == "alert.opened"


async def test_same_webhook_twice_is_told_once(tmp_path: Path, receiver: Start, run: Run) -> None:
    slack, genie, siem = await three(receiver)
    gateway = await run(
        configuration(tmp_path, sinks=sinks(slack, genie, siem), route=everywhere())
    )

    first = await gateway.send("new-critical")
    again = await gateway.send("new-critical")

    assert (first["status"], again["status"]) == ("accepted", "duplicate")
    assert first["event"] == again["event"]
    await gateway.settled(3)
    assert len(genie.got) == 1


async def test_fix_closes_what_was_opened_before_a_restart(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    slack, genie, siem = await three(receiver)
    config = configuration(tmp_path, sinks=sinks(slack, genie, siem), route=everywhere())
    before = await run(config)
    await before.send("new-critical")
    await before.settled(3)
    await before.stop()

    after = await run(config)
    await after.send("fixed", hours=1)

    opened, closed = await genie.wait_for(2)
    assert closed.path == f"/v2/alerts/{opened.json['alias']}/close"


async def test_fix_that_overtakes_its_opening_leaves_nothing_open(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    slack, genie, siem = await three(receiver)
    gateway = await run(
        configuration(tmp_path, sinks=sinks(slack, genie, siem), route=everywhere())
    )

    await gateway.send("fixed", hours=1)
    await gateway.send("new-critical")

    metrics = await stale(gateway)
    assert 'gateway_suppressed_total{reason="stale",route="root"} 1.0' in metrics
    assert (await gateway.admin("/api/v1/alerts"))["items"] == []


async def stale(gateway: Running) -> str:
    async with asyncio.timeout(10):
        while "stale" not in (text := await gateway.admin("/metrics")):
            await asyncio.sleep(0.02)
    return str(text)


async def test_sink_that_fails_for_a_while_gets_the_same_request_again(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    slack, genie, siem = await three(receiver)
    siem.answers = [(500, "broken"), (503, "broken"), (204, "")]
    gateway = await run(
        configuration(tmp_path, sinks=sinks(slack, genie, siem), route=everywhere())
    )

    await gateway.send("new-critical")

    tries = await siem.wait_for(3)
    assert len({got.headers["webhook-id"] for got in tries}) == 1
    assert len({got.body for got in tries}) == 1
    deliveries = await gateway.settled(3)
    told = next(item for item in deliveries if item["sink"] == "siem")
    attempts = (await gateway.admin(f"/api/v1/deliveries/{told['id']}"))["attempts"]
    assert [each["status"] for each in attempts] == [500, 503, 204]
    assert [each["outcome"] for each in attempts] == ["try_again", "try_again", "delivered"]


async def test_sink_that_hangs_slows_no_other(tmp_path: Path, receiver: Start, run: Run) -> None:
    slack, genie, siem = await three(receiver)
    slack.gate.clear()
    several = sinks(slack, genie, siem)
    several["chat"]["timeout"] = "5m"  # on a clock that runs fast; nothing is tried again meanwhile
    gateway = await run(configuration(tmp_path, sinks=several, route=everywhere()))

    for number in range(10):
        await gateway.send("new-critical", number=number)

    assert len(await siem.wait_for(10)) == 10
    assert len(await genie.wait_for(10)) == 10
    slack.gate.set()
    assert len(await slack.wait_for(10)) == 10


async def test_refused_delivery_is_dead_and_shown(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    slack, genie, siem = await three(receiver)
    slack.answers = [(400, "invalid_blocks")]
    gateway = await run(
        configuration(tmp_path, sinks=sinks(slack, genie, siem), route=everywhere())
    )

    await gateway.send("new-critical")
    await gateway.settled(3)

    dead = (await gateway.admin("/api/v1/deliveries?status=dead"))["items"]
    assert [(item["sink"], item["tries"]) for item in dead] == [("chat", 1)]


async def test_a_sink_that_refuses_everybody_gets_everything_once_it_is_mended(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    slack, genie, siem = await three(receiver)
    genie.answers = [(401, "Key is not valid")]
    gateway = await run(
        configuration(tmp_path, sinks=sinks(slack, genie, siem), route=everywhere())
    )
    for number in range(3):
        await gateway.send("new-critical", number=number)
    opened = await gateway.until(
        "/api/v1/sinks", lambda page: any(each["breaker"] == "open" for each in page["items"])
    )
    waiting = (await gateway.admin("/api/v1/deliveries?sink=oncall"))["items"]

    genie.answers = [(202, "{}")]
    await gateway.until(
        "/api/v1/deliveries?sink=oncall&status=delivered", lambda page: len(page["items"]) == 3
    )

    assert [each["name"] for each in opened["items"] if each["breaker"] == "open"] == ["oncall"]
    assert {each["status"] for each in waiting} <= {"pending", "sending"}


@pytest.mark.parametrize(
    ("answer", "fallback"),
    [
        ((422, "no"), "siem"),  # refused
        ((401, "no"), "siem"),  # the breaker opens
        ((503, "no"), {"sink": "siem", "after": "2m"}),
    ],
)
async def test_a_fallback_is_told_in_the_place_of_a_sink_and_of_the_fix_too(
    tmp_path: Path, receiver: Start, run: Run, answer: tuple[int, str], fallback: Any
) -> None:
    _, genie, siem = await three(receiver)
    genie.answers = [answer]
    oncall = {
        "type": "opsgenie",
        "verify": False,
        "api_key": "genie-key-genie-key",
        "url": genie.url,
    }
    named = {
        "oncall": {**oncall, "fallback": fallback},
        "siem": {"type": "http", "url": siem.url},
    }
    route = {"sinks": ["oncall"], "group_by": ["finding"]}
    gateway = await run(configuration(tmp_path, sinks=named, route=route, internal={"sinks": []}))

    await gateway.send("new-critical")
    await siem.wait_for(1)
    await gateway.send("fixed", hours=1)
    opened, closed = await siem.wait_for(2)

    assert (opened.json["type"], closed.json["type"]) == ("alert.opened", "alert.resolved")
    assert "stands in for oncall" in opened.json["note"]


async def test_alert_that_was_fixed_before_its_first_notice_is_never_told(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    slack, genie, siem = await three(receiver)
    siem.answers = [(500, "broken"), (204, "")]
    genie.answers = [(429, "slow down"), (202, "{}")]
    gateway = await run(
        configuration(tmp_path, sinks=sinks(slack, genie, siem), route=everywhere("project"))
    )

    await gateway.send("new-critical")
    await gateway.send("fixed", hours=1)

    await genie.wait_for(2)
    await gateway.settled(3)
    assert genie.got[-1].path.endswith("/close")


async def test_signed_body_that_cannot_be_read_is_kept_and_shown(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    slack, genie, siem = await three(receiver)
    gateway = await run(
        configuration(tmp_path, sinks=sinks(slack, genie, siem), route=everywhere())
    )

    status, answer = await gateway.post(b'{"project": ')

    assert (status, answer["status"]) == (200, "unreadable")
    shown = await gateway.admin(f"/api/v1/events/{answer['event']}")
    assert (shown["type"], shown["status"]) == ("unreadable", "unreadable")
    assert "JSON" in shown["error"]
