"""What is let go together counts for the route's budget of new alerts."""

from datetime import UTC, datetime

from tests.pipeline.conftest import Start, issue

HELD = """\
route: {sinks: [chat], group_by: [finding], max_alerts: 2/1h, active_time_intervals: [office]}
time_intervals: {office: [{times: [{start_time: '18:00', end_time: '20:00'}]}]}
"""


async def test_beyond_the_budget_they_become_one_roll_up(pipeline: Start) -> None:
    gateway = pipeline(HELD)
    for hour in range(5):  # each within a budget of its own
        gateway.clock.at = datetime(2026, 3, 1, 12 + hour, tzinfo=UTC)
        await gateway.hear(issue(f"X-{hour}"))

    gateway.clock.at = datetime(2026, 3, 1, 18, tzinfo=UTC)
    await gateway.flush()

    assert await gateway.alerts("status", "ended", "rollup", "open_count") == [
        ("open", "", False, 1),
        ("open", "", False, 1),
        ("resolved", "rolled_up", False, 0),
        ("resolved", "rolled_up", False, 0),
        ("resolved", "rolled_up", False, 0),
        ("open", "", True, 3),
    ]
    assert await gateway.deliver() == ["chat: 1", "chat: 1", "chat: 1"]
    assert (await gateway.owed("reason")).count("rolled_up") == 3
    assert gateway.counted("suppressed_total", route="root", reason="rolled_up") == 3


async def test_what_was_counted_when_it_opened_is_not_counted_again(pipeline: Start) -> None:
    gateway = pipeline(HELD)
    gateway.clock.at = datetime(2026, 3, 1, 17, 30, tzinfo=UTC)
    await gateway.hear(issue("A"), issue("B"))

    gateway.clock.at = datetime(2026, 3, 1, 18, tzinfo=UTC)
    await gateway.flush()

    assert await gateway.deliver() == ["chat: 1", "chat: 1"]


async def test_what_opens_after_a_release_finds_the_budget_used_up(pipeline: Start) -> None:
    gateway = pipeline(HELD)
    for hour in range(2):
        gateway.clock.at = datetime(2026, 3, 1, 12 + hour, tzinfo=UTC)
        await gateway.hear(issue(f"X-{hour}"))
    gateway.clock.at = datetime(2026, 3, 1, 18, tzinfo=UTC)
    await gateway.flush()

    await gateway.hear(issue("Y"))

    assert await gateway.alerts("rollup") == [False, False, True]


async def test_what_a_roll_up_holds_is_closed_there(pipeline: Start) -> None:
    gateway = pipeline(HELD)
    for hour in range(3):
        gateway.clock.at = datetime(2026, 3, 1, 12 + hour, tzinfo=UTC)
        await gateway.hear(issue(f"X-{hour}"))
    gateway.clock.at = datetime(2026, 3, 1, 18, tzinfo=UTC)
    await gateway.flush()

    await gateway.hear(removed=(issue("X-2"),))

    *_, rollup = await gateway.alerts("rollup", "status", "ended")
    assert rollup == (True, "resolved", "fixed")
