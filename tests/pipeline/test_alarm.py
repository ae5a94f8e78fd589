"""What the gateway itself has to say."""

from typing import Any

from gateway.errors import Unavailable
from gateway.pipeline.alarm import Alarm
from tests.pipeline.conftest import Pipeline, Start, StillClock


class Away:
    """A store that cannot commit."""

    async def write(self, _operation: Any) -> None:
        raise Unavailable


async def kinds(gateway: Pipeline) -> list[str]:
    """The kind of every complaint, oldest first."""
    return [item["transport_id"] for item in await gateway.heard_of(type="internal")]


async def test_it_is_an_event_of_the_gateways_own(pipeline: Start) -> None:
    gateway = pipeline("route: {sinks: [chat]}\n")

    await gateway.alarm("disk_full", "The disk is nearly full")
    await gateway.dispatch()

    (event,) = await gateway.heard_of(type="internal")
    assert (event["source"], event["version"], event["status"]) == ("gateway", "v0", "dispatched")
    assert await gateway.owed("sink", "route", "severity") == [("chat", "internal", "critical")]


async def test_of_one_kind_there_is_one_an_hour(pipeline: Start) -> None:
    gateway = pipeline("route: {sinks: [chat]}\n")

    await gateway.alarm("disk_full", "once")
    await gateway.later(minutes=59)
    await gateway.alarm("disk_full", "too soon")
    await gateway.later(minutes=1)
    await gateway.alarm("disk_full", "again")

    assert await kinds(gateway) == ["disk_full", "disk_full"]


async def test_other_kinds_have_an_hour_of_their_own(pipeline: Start) -> None:
    gateway = pipeline("route: {sinks: [chat]}\n")

    await gateway.alarm("disk_full", "once")
    await gateway.alarm("reload_failed", "once")

    assert await kinds(gateway) == ["disk_full", "reload_failed"]


async def test_a_store_that_cannot_take_it_stops_nobody(clock: StillClock) -> None:
    woken: list[bool] = []
    away: Any = Away()
    alarm = Alarm(
        away, clock=clock, new_id=lambda prefix, _now: prefix, wake=lambda: woken.append(True)
    )

    await alarm("disk_full", "The disk is full")

    assert woken == []


async def test_dispatch_is_woken_only_by_what_was_stored(pipeline: Start) -> None:
    woken: list[bool] = []
    gateway = pipeline("route: {sinks: [chat]}\n")
    alarm = Alarm(
        gateway.store,
        clock=gateway.clock,
        new_id=gateway.new_id,
        wake=lambda: woken.append(True),
    )

    await alarm("disk_full", "once")
    await alarm("disk_full", "twice")

    assert woken == [True]
