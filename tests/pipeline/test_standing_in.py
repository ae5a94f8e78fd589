from datetime import timedelta
from functools import partial

import pytest

from gateway.model.identity import NewId
from gateway.pipeline.standing_in import bury, pair_of, stand_in
from gateway.store import sinks
from tests.pipeline.conftest import Pipeline, Start, StillClock, issue

RULES = """
sinks:
  chat: {type: slack, url: "https://hooks.slack.example/x", fallback: FALLBACK}
  siem: {type: http, url: "https://siem.example/ingest"}
route: {sinks: [chat], group_by: [finding]}
"""
BOTH_WAIT = [("chat", "pending"), ("siem", "pending")]


async def started(pipeline: Start, fallback: str) -> Pipeline:
    """A pipeline with one delivery to the chat."""
    gateway = pipeline(RULES.replace("FALLBACK", fallback))
    await gateway.hear(issue())
    return gateway


async def told(gateway: Pipeline, clock: StillClock, new_id: NewId) -> frozenset[str]:
    return await stand_in(gateway.store, gateway.in_force, clock=clock, new_id=new_id)


async def test_what_waits_is_the_fallbacks_after_a_while_and_once(
    pipeline: Start, clock: StillClock, new_id: NewId
) -> None:
    gateway = await started(pipeline, "{sink: siem, after: 5m}")

    early = await told(gateway, clock, new_id)
    clock.at += timedelta(minutes=6)
    late, again = [await told(gateway, clock, new_id) for _ in range(2)]

    assert (early, late, again) == (frozenset(), frozenset({"siem"}), frozenset())
    assert await gateway.owed("sink", "status") == BOTH_WAIT


async def test_the_writer_is_left_alone_where_nobody_is_to_be_told(
    pipeline: Start, clock: StillClock, new_id: NewId, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = await started(pipeline, "{sink: siem, after: 5m}")
    clock.at += timedelta(minutes=6)
    await told(gateway, clock, new_id)
    monkeypatch.setattr(gateway.store, "write", None)

    assert await told(gateway, clock, new_id) == frozenset()


async def test_what_an_open_breaker_holds_up_is_the_fallbacks_at_once(
    pipeline: Start, clock: StillClock, new_id: NewId
) -> None:
    gateway = await started(pipeline, "siem")
    before = await told(gateway, clock, new_id)
    refused = partial(sinks.heard, sink="chat", healths=["refused"], now=clock.now())
    await gateway.store.write(refused)

    after = await told(gateway, clock, new_id)

    assert (before, after) == (frozenset(), frozenset({"siem"}))
    assert await gateway.owed("sink", "status") == BOTH_WAIT


async def test_what_is_buried_is_the_fallbacks(
    pipeline: Start, clock: StillClock, new_id: NewId
) -> None:
    gateway = await started(pipeline, "siem")
    await gateway.fail("chat")
    now = clock.now() + timedelta(hours=29)

    pair = pair_of(gateway.in_force, "chat")
    over = partial(bury, sink="chat", pair=pair, before=now, now=now, new_id=new_id)
    died = await gateway.store.write(over)

    assert died == 1
    assert await gateway.owed("status") == ["dead", "pending"]
