"""What was let go and waited for its sink is judged once more before its first try."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.model.delivery import Delivery
from gateway.model.rate import Rate
from gateway.routing.fields import Subject
from gateway.store import deliveries, jumps, silences
from gateway.store.silences import StoredSilence
from tests.pipeline.conftest import NOON, Pipeline, Start, issue

OFFICE = "time_intervals: {office: [{times: [{start_time: '09:00', end_time: '17:00'}]}]}\n"
HELD = "route: {sinks: [chat], group_by: [finding], active_time_intervals: [office]}\n" + OFFICE
BY_FINDING = "route: {sinks: [chat], group_by: [finding]}\n"
EVENING = datetime(2026, 3, 1, 22, tzinfo=UTC)
SILENCE = StoredSilence(
    id="sil_1",
    matchers=("severity = high",),
    starts=None,
    until=NOON + timedelta(hours=2),
    owner="ops",
    reason="a try",
)


@dataclass
class Counting:
    """A silence that mutes nothing, and notes of what it was asked."""

    until: datetime = NOON + timedelta(days=30)
    asked: list[Subject] = field(default_factory=list)

    def is_over(self, _now: datetime) -> bool:
        return False

    def mutes(self, subject: Subject, _now: datetime) -> bool:
        self.asked.append(subject)
        return False


def counting(gateway: Pipeline) -> Counting:
    """The only silence that is in force from now on."""
    silence = Counting()
    gateway.in_force.parts = replace(gateway.in_force.parts, silences=(silence,))  # type: ignore[arg-type]  # it is asked as one
    return silence


async def took(gateway: Pipeline, limit: int, *, rate: Rate | None = None) -> Sequence[str]:
    return [each.id for each in await gateway.take_in_hand("chat", limit=limit, rate=rate)]


async def test_what_waited_beyond_the_end_of_its_window_is_held_until_the_next(
    pipeline: Start,
) -> None:
    gateway = pipeline(HELD)
    await gateway.hear(issue())
    gateway.clock.at = EVENING

    told = await gateway.deliver()

    assert told == []
    assert await gateway.owed("status", "reason", "next_attempt_at") == [
        ("held", "outside", datetime(2026, 3, 2, 9, tzinfo=UTC))
    ]
    assert gateway.counted("suppressed_total", route="root", reason="outside") == 1

    await gateway.later(hours=11)

    assert await gateway.deliver() == ["chat: 1"]


async def test_what_waited_beyond_the_end_of_its_window_is_dropped_where_the_route_drops(
    pipeline: Start,
) -> None:
    gateway = pipeline(HELD.replace("[office]}", "[office], outside: drop}"))
    await gateway.hear(issue())
    gateway.clock.at = EVENING

    assert await gateway.deliver() == []
    assert await gateway.owed("status", "reason") == [("cancelled", "outside")]


async def test_a_silence_that_begins_while_it_waits_mutes_it(pipeline: Start) -> None:
    gateway = pipeline(
        BY_FINDING + "silences: [{matchers: [severity = high], from: 2026-03-01T13:00:00Z, "
        "until: 2026-03-02T00:00:00Z, owner: ops, reason: known}]\n"
    )
    await gateway.hear(issue("A", "high"), issue("B", "low"))
    gateway.clock.at += timedelta(hours=1)

    assert await gateway.deliver() == ["chat: 1"]
    assert await gateway.owed("status", "reason") == [("muted", "silenced"), ("delivered", "")]


async def test_a_silence_that_is_made_while_it_waits_mutes_it(pipeline: Start) -> None:
    gateway = pipeline(BY_FINDING)
    await gateway.hear(issue())
    await gateway.store.write(lambda connection: silences.add(connection, SILENCE, NOON))
    gateway.clock.at += timedelta(hours=1)

    assert await gateway.deliver() == []

    await gateway.later(hours=1)

    assert await gateway.deliver() == ["chat: 1"]


async def test_an_inhibitor_that_opens_while_it_waits_mutes_it_until_that_is_fixed(
    pipeline: Start,
) -> None:
    gateway = pipeline(
        BY_FINDING
        + "inhibit: [{source: [severity = critical], target: [severity = high], "
        + "equal: [project.id]}]\n"
    )
    await gateway.hear(issue("T", "high"))
    gateway.clock.at += timedelta(minutes=1)
    await gateway.hear(issue("S", "critical"))

    await gateway.deliver()
    muted = await gateway.owed("status")
    await gateway.hear(removed=(issue("S", "critical"),))
    await gateway.flush()
    await gateway.deliver()

    assert muted == ["muted", "delivered"]
    assert (await gateway.owed("status"))[0] == "delivered"


async def test_a_reminder_that_waited_is_judged_as_anything_else(pipeline: Start) -> None:
    gateway = pipeline(HELD.replace("[office]}", "[office], repeat_interval: 1h}"))
    await gateway.hear(issue())
    await gateway.deliver()
    await gateway.later(hours=1)
    gateway.clock.at = EVENING

    assert await gateway.deliver() == []
    assert await gateway.owed("status", "reminder") == [("delivered", False), ("held", True)]


@pytest.mark.parametrize("outside", ["hold", "drop"])
@pytest.mark.parametrize("judged_by", ["its sink", "a reload"])
async def test_trouble_of_the_gateways_own_that_waited_is_never_kept_back(
    pipeline: Start, outside: str, judged_by: str
) -> None:
    silence = "silences: [{matchers: [source != x], until: 2027-01-01, owner: o, reason: r}]\n"
    rules = HELD.replace(
        "group_by: [finding], active_time_intervals: [office]}",
        f"active_time_intervals: [office], deliver: events, outside: {outside}}}",
    )
    gateway = pipeline(rules + silence)
    await gateway.alarm("disk_full", "The disk is nearly full")
    await gateway.dispatch()
    gateway.clock.at = EVENING

    if judged_by == "a reload":
        await gateway.store.write(
            lambda connection: deliveries.rejudge_untried(connection, EVENING)
        )
        await gateway.flush()

    assert await gateway.deliver() == ["chat: 1"]


async def test_what_was_tried_goes_on_whatever_begins(pipeline: Start) -> None:
    gateway = pipeline(HELD)
    await gateway.hear(issue())
    await gateway.fail("chat", reason="timeout")
    gateway.clock.at = EVENING

    assert await gateway.deliver() == ["chat: 1"]


async def test_what_was_in_flight_at_a_crash_goes_on_whatever_begins(pipeline: Start) -> None:
    gateway = pipeline(HELD)
    await gateway.hear(issue())
    await gateway.take_in_hand("chat")
    await gateway.store.write(deliveries.recover)
    gateway.clock.at = EVENING

    assert await gateway.deliver() == ["chat: 1"]


async def test_what_was_judged_a_moment_ago_is_not_judged_again(pipeline: Start) -> None:
    gateway = pipeline(BY_FINDING)
    silence = counting(gateway)
    await gateway.hear(issue())
    judged = len(silence.asked)
    gateway.clock.at += timedelta(seconds=5)

    assert await gateway.deliver() == ["chat: 1"]
    assert (judged, len(silence.asked)) == (1, 1)


async def test_a_clock_that_went_back_makes_no_judgement_new(pipeline: Start) -> None:
    gateway = pipeline(BY_FINDING)
    await gateway.hear(issue("A"), issue("B"))
    counting(gateway)
    gateway.clock.at += timedelta(hours=1)
    await took(gateway, 1)
    back, now = -timedelta(hours=1), gateway.clock.now() - timedelta(hours=1)
    gateway.clock.at = now
    await gateway.store.write(lambda connection: jumps.follow(connection, back, now))
    await gateway.store.write(lambda connection: silences.add(connection, SILENCE, now))
    gateway.clock.at += timedelta(minutes=1)

    assert await took(gateway, 1) == []


async def test_of_a_long_queue_few_more_are_judged_than_have_their_turn(pipeline: Start) -> None:
    gateway = pipeline(BY_FINDING.replace("]}", "], max_alerts: 1000/1h}"))
    await gateway.hear(*(issue(f"A-{number:03}") for number in range(250)))
    silence = counting(gateway)
    gateway.clock.at += timedelta(hours=1)

    told = [await took(gateway, 2) for _ in range(3)]

    assert len(silence.asked) == 100
    assert len({id_ for some in told for id_ in some}) == 6


async def test_those_that_stay_free_go_in_the_order_they_had(pipeline: Start) -> None:
    gateway = pipeline(BY_FINDING)
    for minute, severity in enumerate(("high", "low", "high", "critical")):
        await gateway.hear(issue(f"A-{minute}", severity))
        gateway.clock.at += timedelta(minutes=1)
    counting(gateway)
    gateway.clock.at += timedelta(hours=1)

    told: list[Delivery] = []
    for _ in range(4):
        gateway.clock.at += timedelta(minutes=1)  # what was judged before is too old again
        told += await gateway.take_in_hand("chat", limit=1)

    assert [each.alert.entries[0].finding.id for each in told if each.alert] == [
        "A-3",
        "A-0",
        "A-2",
        "A-1",
    ]


async def test_a_slow_sink_gets_one_whenever_its_rate_allows_it(pipeline: Start) -> None:
    gateway = pipeline(BY_FINDING)
    await gateway.hear(issue("A"), issue("B"), issue("C"))
    silence = counting(gateway)
    told: list[int] = []

    for _ in range(6):
        gateway.clock.at += timedelta(seconds=30)
        told.append(len(await took(gateway, 4, rate=Rate(1, 60.0))))

    assert told == [1, 0, 1, 0, 1, 0]
    assert len(silence.asked) == 3 + 2 + 1


async def test_those_behind_a_queue_that_is_kept_back_get_their_turn(pipeline: Start) -> None:
    office = "{name: hours, matchers: [severity = high], active_time_intervals: [office]}"
    route = "route: {sinks: [chat], group_by: [finding], max_alerts: 1000/1h, routes: "
    gateway = pipeline(f"{route}[{office}]}}\n{OFFICE}")
    await gateway.hear(*(issue(f"A-{number}") for number in range(250)), issue("B", "low"))
    await gateway.flush()
    gateway.clock.at = EVENING

    told = [await took(gateway, 4) for _ in range(3)]

    assert [len(some) for some in told] == [0, 0, 1]
    assert (await gateway.owed("status")).count("held") == 250


@pytest.mark.parametrize("limit", [1, 4])
async def test_a_later_notice_does_not_overtake_one_that_is_kept_back(
    pipeline: Start, limit: int
) -> None:
    gateway = pipeline(HELD.replace("[finding]", "[project]"))
    await gateway.hear(issue("A"))
    gateway.clock.at = EVENING
    await took(gateway, limit)

    await gateway.hear(issue("B"))

    assert await took(gateway, limit) == []
    assert await gateway.owed("status", "revision") == [("held", 2)]
