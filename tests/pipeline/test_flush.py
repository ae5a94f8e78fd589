"""When deliveries are let go: by their alert's timers, in time, and no sooner."""

from gateway.pipeline.alone import Alone
from gateway.pipeline.flush import Flush
from tests.pipeline.conftest import Pipeline, Start, issue

WAITS = "route: {sinks: [chat], group_by: [project], group_wait: 30s, group_interval: 5m}\n"


def flush(gateway: Pipeline, woken: list[frozenset[str]]) -> Flush:
    return Flush(
        gateway.store,
        gateway.in_force,
        clock=gateway.clock,
        metrics=gateway.metrics,
        new_id=gateway.new_id,
        alone=Alone(gateway.store, "gtw_1", clock=gateway.clock),
        wake=woken.append,
    )


async def test_the_first_notice_waits_for_group_wait(pipeline: Start) -> None:
    gateway = pipeline(WAITS)
    await gateway.hear(issue("A"))
    await gateway.later(seconds=29)
    await gateway.hear(issue("B"))
    before = await gateway.deliver()
    await gateway.later(seconds=1)

    assert (before, await gateway.deliver()) == ([], ["chat: 2"])


async def test_changes_wait_for_group_interval_after_the_last_notice(pipeline: Start) -> None:
    gateway = pipeline(WAITS)
    await gateway.hear(issue("A"))
    await gateway.later(seconds=30)
    await gateway.deliver()
    await gateway.hear(issue("B"))
    await gateway.later(seconds=299)
    before = await gateway.deliver()
    await gateway.later(seconds=1)

    assert (before, await gateway.deliver()) == ([], ["chat: 2"])


async def test_what_is_due_is_judged_and_its_sink_is_woken(pipeline: Start) -> None:
    gateway = pipeline(WAITS.replace("}", ", active_time_intervals: [always]}") + ALWAYS)
    woken: list[frozenset[str]] = []
    work = flush(gateway, woken)
    await gateway.hear(issue("A"))

    early = await work.some()
    gateway.clock.at = gateway.clock.at.replace(second=30)
    due = await work.some()

    assert (early, due) == (0, 1)
    assert woken == [frozenset({"chat"})]


async def test_nothing_is_written_where_nothing_is_due(pipeline: Start) -> None:
    gateway = pipeline(WAITS)
    woken: list[frozenset[str]] = []

    assert await flush(gateway, woken).some() == 0
    assert woken == []


ALWAYS = "time_intervals: {always: [{years: ['2000:2999']}]}\n"
