"""What a decision changed, written down."""

from datetime import timedelta

from gateway.store import deliveries
from tests.pipeline.conftest import Start, issue


async def test_what_nothing_can_keep_back_may_be_tried_at_once(pipeline: Start) -> None:
    gateway = pipeline("route: {sinks: [chat]}\n")

    await gateway.hear(issue())

    assert await gateway.store.read(deliveries.next_judgement) is None
    assert await gateway.deliver() == ["chat: 1"]


async def test_what_waits_for_its_group_is_judged_when_that_is_over(pipeline: Start) -> None:
    gateway = pipeline(
        "route: {sinks: [chat], group_wait: 5m}\n"
        "silences: [{matchers: [severity = low], until: 2027-01-01, owner: o, reason: r}]\n"
    )

    await gateway.hear(issue())

    now = gateway.clock.now()
    assert await gateway.store.read(deliveries.next_judgement) == now + timedelta(minutes=5)


async def test_a_fix_asks_for_whatever_is_inhibited(pipeline: Start) -> None:
    gateway = pipeline(
        "route: {sinks: [chat], group_by: [finding]}\n"
        "inhibit: [{source: [severity = critical], target: [severity = high]}]\n"
    )
    await gateway.hear(issue("S", "critical"), issue("T", "high"))
    await gateway.hear(issue("S", "critical"), project="p2")

    await gateway.hear(removed=(issue("S", "critical"),))
    await gateway.flush()
    still = await gateway.owed("status")
    await gateway.hear(removed=(issue("S", "critical"),), project="p2")
    await gateway.flush()

    assert still[1] == "muted"
    assert (await gateway.owed("status"))[1] == "pending"
