"""What was kept back and is let go, and reminders."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.store import silences
from gateway.store.holdings import MOST
from gateway.store.silences import StoredSilence
from tests.pipeline.conftest import NOON, Build, Start, issue

SILENCE = """\
silences:
  - {matchers: [severity = high], until: 2026-03-01T13:00:00Z, owner: ops, reason: known}
"""
INHIBIT = """\
inhibit:
  - {source: [severity = critical], target: [severity = high], equal: [project.id]}
"""
OFFICE = "time_intervals: {office: [{times: [{start_time: '13:00', end_time: '17:00'}]}]}\n"
BY_FINDING = "route: {sinks: [chat], group_by: [finding]}\n"


async def test_what_is_open_when_its_silence_ends_is_sent(pipeline: Start) -> None:
    gateway = pipeline(BY_FINDING + SILENCE)
    await gateway.hear(issue())

    await gateway.later(minutes=59)
    before = await gateway.deliver()
    await gateway.later(minutes=1)

    assert (before, await gateway.deliver()) == ([], ["chat: 1"])
    assert gateway.counted("suppressed_total", route="root", reason="muted") == 1


async def test_what_joins_a_muted_alert_is_muted_or_lets_it_go(pipeline: Start) -> None:
    gateway = pipeline("route: {sinks: [chat], group_by: [project]}\n" + SILENCE)
    await gateway.hear(issue("A", "high"))
    await gateway.hear(issue("B", "high"))
    still = await gateway.owed("status")

    await gateway.hear(issue("C", "low"))

    assert still == ["muted"]
    assert await gateway.deliver() == ["chat: 3"]


async def test_a_silence_made_at_run_time_mutes_until_its_end(pipeline: Start) -> None:
    gateway = pipeline(BY_FINDING)
    silence = StoredSilence(
        id="sil_1",
        matchers=("severity = high",),
        starts=None,
        until=NOON + timedelta(minutes=10),
        owner="ops",
        reason="a try",
    )
    await gateway.store.write(lambda connection: silences.add(connection, silence, NOON))

    await gateway.hear(issue())
    muted = await gateway.owed("status", "muted_by")
    await gateway.later(minutes=10)

    assert muted == [("muted", "silence sil_1 (ops: a try, until 2026-03-01T12:10:00Z)")]
    assert await gateway.deliver() == ["chat: 1"]


async def test_an_inhibition_ends_when_its_source_is_fixed(pipeline: Start) -> None:
    gateway = pipeline(BY_FINDING + INHIBIT)
    await gateway.hear(issue("S", "critical"), issue("T", "high"))
    before = await gateway.owed("status")

    await gateway.hear(removed=(issue("S", "critical"),))
    await gateway.flush()

    assert before == ["pending", "muted"]
    assert await gateway.owed("status") == ["pending", "pending"]


async def test_an_inhibition_ends_with_its_source_though_a_silence_mutes_the_alert_too(
    pipeline: Start,
) -> None:
    rules = "route: {sinks: [chat], group_by: [type]}\n" + INHIBIT
    gateway = pipeline(rules + SILENCE.replace("severity = high", "severity = low"))
    gateway.clock.at = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    await gateway.hear(issue("S", "critical", issueType="license"))
    await gateway.hear(issue("T", "high"), issue("L", "low"))
    before = await gateway.owed("status")

    await gateway.hear(removed=(issue("S", "critical", issueType="license"),))
    await gateway.flush()

    assert before == ["pending", "muted"]
    assert await gateway.owed("status") == ["pending", "pending"]


async def test_an_inhibition_is_looked_at_again_within_the_hour(pipeline: Start) -> None:
    gateway = pipeline(BY_FINDING + INHIBIT)
    await gateway.hear(issue("S", "critical"), issue("T", "high"))
    gateway.in_force.parts = replace(gateway.in_force.parts, inhibit=())

    await gateway.later(hours=1)

    assert await gateway.owed("status") == ["pending", "pending"]


async def test_what_is_held_is_sent_when_its_window_opens(pipeline: Start) -> None:
    gateway = pipeline("route: {sinks: [chat], active_time_intervals: [office]}\n" + OFFICE)
    await gateway.hear(issue())

    await gateway.later(minutes=59)
    before = await gateway.deliver()
    await gateway.later(minutes=1)

    assert (before, await gateway.deliver()) == ([], ["chat: 1"])


async def test_what_is_judged_again_and_stays_is_counted_once(pipeline: Start) -> None:
    gateway = pipeline("route: {sinks: [chat], group_by: [project]}\n" + SILENCE)
    await gateway.hear(issue("A", "high"))

    await gateway.hear(issue("B", "high"))

    assert gateway.counted("suppressed_total", route="root", reason="muted") == 1


async def test_what_was_fixed_while_it_was_muted_is_never_told(pipeline: Start) -> None:
    gateway = pipeline("route: {sinks: [oncall]}\n" + SILENCE)
    await gateway.hear(issue())

    await gateway.hear(removed=(issue(),))

    assert await gateway.owed("status", "revision") == [("pending", 2)]
    assert await gateway.alerts("status") == ["resolved"]


class Broken:
    """A silence with a bug."""

    until = NOON + timedelta(days=1)

    def is_over(self, _now: datetime) -> bool:
        return False

    def mutes(self, *_arguments: Any) -> bool:
        raise RuntimeError("a bug")


async def test_a_judgement_that_breaks_lets_the_delivery_go(pipeline: Start) -> None:
    gateway = pipeline(BY_FINDING)
    broken: Any = Broken()
    gateway.in_force.parts = replace(gateway.in_force.parts, silences=(broken,))

    await gateway.hear(issue())

    assert await gateway.deliver() == ["chat: 1"]


async def test_a_reminder_is_due_after_repeat_interval_while_something_is_open(
    pipeline: Start,
) -> None:
    gateway = pipeline("route: {sinks: [chat], repeat_interval: 1d}\n")
    await gateway.hear(issue())
    told = [await gateway.deliver()]

    for _ in range(3):
        await gateway.later(hours=12)
        told.append(await gateway.deliver())

    assert told == [["chat: 1"], [], ["chat: 2"], []]
    assert await gateway.owed("reminder") == [False, True]


async def test_what_is_fixed_is_not_reminded_of(pipeline: Start) -> None:
    gateway = pipeline("route: {sinks: [chat], repeat_interval: 1d}\n")
    await gateway.hear(issue())
    await gateway.deliver()
    await gateway.hear(removed=(issue(),))
    await gateway.deliver()

    await gateway.later(days=2)

    assert True not in await gateway.owed("reminder")


@pytest.mark.parametrize(
    "more",
    [
        """\
silences:
  - {matchers: [type = vuln], from: 2026-03-02, until: 2026-03-03, owner: ops, reason: known}
""",
        "time_intervals: {weekend: [{weekdays: [saturday, sunday]}]}\n",
    ],
    ids=["muted", "outside"],
)
async def test_there_is_no_reminder_while_muted_or_outside_the_window(
    pipeline: Start, more: str
) -> None:
    # The first of March 2026 is a Sunday.
    window = ", active_time_intervals: [weekend]" if "weekend" in more else ""
    gateway = pipeline(f"route: {{sinks: [chat], repeat_interval: 1d{window}}}\n" + more)
    await gateway.hear(issue())
    first = await gateway.deliver()

    await gateway.later(days=1)

    assert (first, await gateway.deliver()) == (["chat: 1"], [])


async def test_a_judgement_that_breaks_lets_the_reminder_go(pipeline: Start) -> None:
    gateway = pipeline("route: {sinks: [chat], repeat_interval: 1d}\n")
    await gateway.hear(issue())
    await gateway.deliver()
    broken: Any = Broken()
    gateway.in_force.parts = replace(gateway.in_force.parts, silences=(broken,))

    await gateway.later(days=1)

    assert await gateway.deliver() == ["chat: 2"]


async def test_more_findings_than_are_looked_at_are_reminded_of_though_those_are_muted(
    pipeline: Start,
) -> None:
    silence = SILENCE.replace("until: 2026-03-01T13", "from: 2026-03-02, until: 2026-03-03T13")
    route = "route: {sinks: [chat], group_by: [project], repeat_interval: 1d}\n"
    gateway = pipeline(route + silence)
    await gateway.hear(*(issue(f"A-{number}") for number in range(MOST + 1)))
    await gateway.deliver()

    await gateway.later(days=1)

    assert await gateway.deliver() == ["chat: 2"]


async def test_an_alert_whose_route_is_gone_is_not_reminded_of(
    pipeline: Start, build: Build
) -> None:
    old, new = (
        f"route: {{sinks: [chat], repeat_interval: 1d, routes: [{{name: {name}}}]}}\n"
        for name in ("old", "new")
    )
    gateway = pipeline(old)
    await gateway.hear(issue())
    await gateway.deliver()
    gateway.in_force.parts = build(new)

    await gateway.later(days=2)

    assert await gateway.deliver() == []
