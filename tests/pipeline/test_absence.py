"""What does not come any more."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from gateway import codec
from gateway.pipeline.absence import complain_of_silence, end_gone_projects
from gateway.store import events, tables
from tests.pipeline.conftest import Pipeline, Start, issue

ROUTE = "route: {sinks: [oncall], group_by: [project]}\n"


def source(setting: str) -> str:
    secrets = "secrets: [a-secret-of-sixteen-or-more]"
    return f"sources: {{snyk: {{type: snyk, {secrets}, {setting}}}}}\n"


async def complaints(gateway: Pipeline) -> list[str]:
    """What was complained of up to now."""
    await complain_of_silence(gateway.store, gateway.in_force, gateway.alarm, clock=gateway.clock)
    found = await gateway.heard_of(type="internal")
    return [await text_of(gateway, item["id"]) for item in found]


async def text_of(gateway: Pipeline, event_id: str) -> str:
    body = await gateway.store.read(lambda connection: events.body(connection, event_id))
    return str(codec.decode(body)["text"])


async def gone(gateway: Pipeline) -> frozenset[str]:
    """The sinks that are owed the end of something."""
    return await end_gone_projects(
        gateway.store, gateway.in_force, clock=gateway.clock, new_id=gateway.new_id
    )


@pytest.mark.parametrize("setting", ["expect_every: 26h", "expect_every: {every: 26h, per: org}"])
async def test_a_source_that_was_never_heard_of_is_silent_after_that_time(
    pipeline: Start, setting: str
) -> None:
    gateway = pipeline(ROUTE + source(setting))
    at_first = await complaints(gateway)
    gateway.clock.at += timedelta(hours=26, seconds=1)

    assert at_first == []
    assert await complaints(gateway) == ["snyk: no snapshot since 2026-03-01T12:00:00Z"]


async def test_sources_that_are_silent_together_are_complained_of_together(
    pipeline: Start,
) -> None:
    settings = "{type: snyk, secrets: [a-secret-of-sixteen-or-more], expect_every: 26h}"
    gateway = pipeline(ROUTE + f"sources: {{one: {settings}, two: {settings}}}\n")
    await complaints(gateway)
    gateway.clock.at += timedelta(hours=27)

    (said,) = await complaints(gateway)

    assert said == (
        "one: no snapshot since 2026-03-01T12:00:00Z; two: no snapshot since 2026-03-01T12:00:00Z"
    )


async def test_a_snapshot_of_any_organisation_ends_the_silence_of_a_source(
    pipeline: Start,
) -> None:
    gateway = pipeline(ROUTE + source("expect_every: 26h"))
    await gateway.hear(org={"id": "o1"})
    await gateway.later(hours=20)
    await gateway.hear(org={"id": "o2"})
    await gateway.later(hours=20)

    assert await complaints(gateway) == []


async def test_each_organisation_is_expected_by_itself_where_that_is_wanted(
    pipeline: Start,
) -> None:
    gateway = pipeline(ROUTE + source("expect_every: {every: 26h, per: org}"))
    await gateway.hear(org={"id": "o1"})
    await gateway.later(hours=20)
    await gateway.hear(org={"id": "o2"})
    await gateway.later(hours=20)

    assert await complaints(gateway) == [
        "snyk, organisation o1: no snapshot since 2026-03-01T12:00:00Z"
    ]


async def test_only_snapshots_that_are_seen_for_the_first_time_count(pipeline: Start) -> None:
    gateway = pipeline(ROUTE + source("expect_every: 26h"))
    await gateway.hear(issue())
    gateway.clock.at += timedelta(hours=27)
    await gateway.take(codec.encode({"webhookId": "w"}))
    ids = [item["id"] for item in await gateway.heard_of(type="project_snapshot")]
    await gateway.store.write(lambda connection: events.again(connection, ids=ids))
    await gateway.dispatch()

    assert len(await complaints(gateway)) == 1


async def test_silence_is_worth_no_word_unless_asked_for(pipeline: Start) -> None:
    gateway = pipeline(ROUTE + source("skip_ignored: true"))
    await gateway.hear(issue())
    gateway.clock.at += timedelta(days=365)

    assert await complaints(gateway) == []


async def test_a_project_without_a_snapshot_for_so_long_resolves_its_alerts_as_gone(
    pipeline: Start,
) -> None:
    gateway = pipeline(ROUTE + source("gone_after: 14d"))
    await gateway.hear(issue(), project="p1")
    await gateway.deliver()
    await gateway.later(days=10)
    await gateway.hear(issue(), project="p2")
    await gateway.deliver()
    gateway.clock.at += timedelta(days=5)

    assert await gone(gateway) == {"oncall"}
    assert await gateway.alerts("status", "ended") == [("resolved", "gone"), ("open", "")]
    assert await gateway.deliver() == ["oncall: 2"]
    assert await gone(gateway) == set()


async def test_a_replay_opens_nothing_of_a_project_that_is_gone_since(pipeline: Start) -> None:
    gateway = pipeline(ROUTE + source("gone_after: 14d"))
    event_id = await gateway.hear(issue())
    gateway.clock.at += timedelta(days=15)
    await gone(gateway)

    await gateway.store.write(lambda connection: events.again(connection, ids=[event_id]))
    await gateway.dispatch()
    after_the_replay = await gateway.alerts("status")
    await gateway.hear(issue())

    assert after_the_replay == ["resolved"]
    assert await gateway.alerts("status") == ["resolved", "open"]


async def test_nor_does_an_event_that_failed_when_it_came(pipeline: Start) -> None:
    gateway = pipeline(ROUTE + source("gone_after: 14d"))
    event_id = await gateway.hear(issue())
    gateway.clock.at += timedelta(days=15)
    await gone(gateway)
    never_dispatched = sa.update(tables.events).values(context=None, status="failed")
    await gateway.store.write(lambda connection: connection.execute(never_dispatched).rowcount)

    await gateway.store.write(lambda connection: events.again(connection, ids=[event_id]))
    await gateway.dispatch()

    assert await gateway.alerts("status") == ["resolved"]


async def test_a_clean_snapshot_keeps_a_project_alive(pipeline: Start) -> None:
    gateway = pipeline(ROUTE + source("gone_after: 14d"))
    await gateway.hear(issue())
    await gateway.later(days=10)
    await gateway.hear()
    await gateway.later(days=10)

    assert await gone(gateway) == set()
    assert await gateway.alerts("status") == ["open"]


async def test_an_alert_with_findings_of_other_projects_stays_open(pipeline: Start) -> None:
    gateway = pipeline(ROUTE.replace("project", "org") + source("gone_after: 14d"))
    await gateway.hear(issue(), project="p1")
    await gateway.later(days=10)
    await gateway.hear(issue(), project="p2")
    await gateway.later(days=5)

    await gone(gateway)

    assert await gateway.alerts("status", "open_count") == [("open", 1)]


async def test_nothing_is_gone_unless_asked_for(pipeline: Start) -> None:
    gateway = pipeline(ROUTE + source("skip_ignored: true"))
    await gateway.hear(issue())
    gateway.clock.at += timedelta(days=365)

    assert await gone(gateway) == set()
