"""What waits, and is told in the end: timers, silences, inhibition, windows, restarts."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.flow.conftest import Receiver, Running, configuration

Start = Callable[..., Awaitable[Receiver]]
Run = Callable[[Path], Awaitable[Running]]


def to(siem: Receiver, folder: Path, *, more: dict[str, Any] | None = None, **route: Any) -> Path:
    sinks = {"siem": {"type": "http", "url": siem.url}}
    rules = {"sinks": ["siem"], "group_by": ["finding"], **route}
    return configuration(folder, sinks=sinks, route=rules, **(more or {}))


async def status_of(gateway: Running) -> list[str]:
    items = (await gateway.admin("/api/v1/deliveries"))["items"]
    return [item["status"] for item in items]


async def test_group_wait_goes_on_after_a_restart_and_gathers_what_belongs_together(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    siem = await receiver(204, "")
    config = to(siem, tmp_path, group_by=["org.id"], group_wait="5m")
    before = await run(config)
    await before.send("new-critical", number=1)
    await before.until("/api/v1/deliveries", lambda page: page["items"])
    await before.stop()
    assert siem.got == []

    after = await run(config)
    await after.send("new-critical", number=2)

    (only,) = await siem.wait_for(1)
    await after.settled(1)
    assert (only.json["type"], len(only.json["alert"]["findings"])) == ("alert.opened", 2)
    assert len(siem.got) == 1


async def test_silenced_alert_is_shown_as_muted_and_told_when_the_silence_is_expired(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    siem = await receiver(204, "")
    gateway = await run(to(siem, tmp_path))
    until = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    status, silence = await gateway.change(
        "silences",
        {
            "matchers": ["severity = critical"],
            "until": until,
            "owner": "ops",
            "reason": "being moved",
        },
    )

    await gateway.send("new-critical")
    page = await gateway.until("/api/v1/alerts", lambda page: page["items"])
    await gateway.until("/api/v1/deliveries?status=muted", lambda page: page["items"])

    assert status == 201
    assert silence["id"] in str(await gateway.admin("/api/v1/alerts"))
    assert page["items"][0]["status"] == "open"
    assert siem.got == []

    await gateway.change(f"silences/{silence['id']}/expire")

    (told,) = await siem.wait_for(1)
    assert told.json["type"] == "alert.opened"


async def test_what_was_fixed_while_it_was_silenced_is_never_told(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    siem = await receiver(204, "")
    until = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    silence = {"matchers": ["severity = critical"], "until": until, "owner": "o", "reason": "r"}
    gateway = await run(to(siem, tmp_path, more={"silences": [silence]}))

    await gateway.send("new-critical")
    await gateway.until("/api/v1/deliveries?status=muted", lambda page: page["items"])
    await gateway.send("fixed", hours=1)

    ended = await gateway.settled(1)
    assert [each["status"] for each in ended] == ["cancelled"]
    assert siem.got == []


async def test_a_finding_is_inhibited_while_its_source_is_open_and_told_after(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    siem = await receiver(204, "")
    rule = {
        "source": ["severity = critical"],
        "target": ["severity != critical"],
        "equal": ["project.id"],
    }
    gateway = await run(to(siem, tmp_path, more={"inhibit": [rule]}))

    await gateway.send("new-critical")
    await siem.wait_for(1)
    await gateway.send("new-mixed", hours=1)
    muted = await gateway.until("/api/v1/deliveries?status=muted", lambda page: page["items"])
    told = [each for got in siem.got for each in got.json["alert"]["findings"]]

    assert {each["reason"] for each in muted["items"]} == {"inhibited"}
    assert {each["severity"] for each in told} == {"critical"}


async def test_outside_its_window_a_route_holds_and_tells_when_the_window_opens(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    siem = await receiver(204, "")
    soon = datetime.now(UTC) + timedelta(minutes=10)
    later = soon + timedelta(hours=5)
    times = [{"start_time": f"{soon:%H:%M}", "end_time": f"{later:%H:%M}"}]
    if soon.date() != later.date():  # an interval cannot go past midnight
        times = [
            {"start_time": f"{soon:%H:%M}", "end_time": "24:00"},
            {"start_time": "00:00", "end_time": f"{later:%H:%M}"},
        ]
    gateway = await run(
        to(
            siem,
            tmp_path,
            more={"time_intervals": {"office": [{"times": times}]}},
            routes=[{"name": "office-only", "active_time_intervals": ["office"]}],
        )
    )

    await gateway.send("new-critical")
    await gateway.until("/api/v1/deliveries", lambda page: page["items"])
    held = await status_of(gateway)

    (told,) = await siem.wait_for(1)
    assert held == ["held"]
    assert told.json["type"] == "alert.opened"


async def test_what_was_silenced_and_fixed_does_not_stand_in_the_way_of_what_is_new(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    chat = await receiver()
    until = (datetime.now(UTC) + timedelta(days=300)).isoformat()
    silence = {"matchers": ["severity = critical"], "until": until, "owner": "o", "reason": "r"}
    config = configuration(
        tmp_path,
        sinks={"chat": {"type": "slack", "url": f"{chat.url}/services/T0/B0/x"}},
        route={"sinks": ["chat"], "group_by": ["org.id"]},
        silences=[silence],
    )
    gateway = await run(config)
    await gateway.send("new-critical")
    await gateway.until("/api/v1/deliveries?status=muted", lambda page: page["items"])
    await gateway.send("fixed", hours=1)

    await gateway.send("license", hours=2)

    await chat.wait_for(1)


async def test_alert_that_one_sink_was_told_of_is_not_rolled_up_when_another_may_be_told(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    hook, chat = await receiver(204, ""), await receiver()
    sinks = {
        "hook": {"type": "http", "url": hook.url},
        "chat": {"type": "slack", "url": f"{chat.url}/services/T0/B0/x"},
    }
    route = {"sinks": ["hook", "chat"], "group_by": ["finding"], "max_alerts": "1/1m"}
    gateway = await run(configuration(tmp_path, sinks=sinks, route=route))
    await gateway.change("sinks/chat/pause")
    await gateway.send("new-critical", number=1)
    await hook.wait_for(1)
    until = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    said = {"matchers": ["severity = critical"], "until": until, "owner": "o", "reason": "r"}
    _, silence = await gateway.change("silences", said)
    await gateway.until("/api/v1/deliveries?status=muted", lambda page: page["items"])
    await asyncio.sleep(1.2)  # two minutes on the gateway's clock: a new budget window may begin
    await gateway.send("license", number=2)
    await hook.wait_for(2)

    await gateway.change("sinks/chat/resume")
    await gateway.change(f"silences/{silence['id']}/expire")

    await chat.wait_for(2)
    alerts = (await gateway.admin("/api/v1/alerts"))["items"]
    assert {alert["status"] for alert in alerts} == {"open"}
    assert len(hook.got) == 2
