"""What mutes at a moment, out of configuration and store."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.model.event import Event, Org, Project
from gateway.model.finding import Finding
from gateway.pipeline.judging import Judge, Muted
from gateway.pipeline.muting import silences_in_force, sources
from gateway.routing.fields import Subject, Texts
from gateway.routing.inhibition import InhibitRule, InhibitSettings, inhibit_rule
from gateway.store import silences
from gateway.store.silences import StoredSilence
from gateway.store.store import Connection
from tests.pipeline.conftest import NOON, Pipeline, Start, issue

TWO = """\
route: {sinks: [chat], group_by: [finding]}
silences:
  - {matchers: [severity = low], until: 2026-03-01T12:00:00Z, owner: ops, reason: over}
  - {matchers: [severity = low], until: 2026-03-01T12:00:01Z, owner: ops, reason: known}
"""
MORE = """\
silences:
  - {matchers: [severity = high], until: 2027-01-01, owner: ops, reason: known}
"""


def rule(*equal: str) -> InhibitRule:
    said = {"source": ["severity = critical"], "target": ["severity = high"], "equal": [*equal]}
    return inhibit_rule(InhibitSettings.model_validate(said))


def target(project: str = "p1") -> Subject:
    event = Event(
        id="evt_t",
        source="snyk",
        type="project_snapshot",
        version="v0",
        received_at=NOON,
        project=Project(id=project),
        org=Org(id="o1"),
    )
    return Subject(Finding(id="T", severity="high"), event)


async def looked_through(gateway: Pipeline, *equal: str) -> set[tuple[str, str, str]]:
    """Organisation, project and id of the findings that may inhibit one of o1/p1."""
    fields = rule("org.id", "project.id", "id").fields
    by_rule = replace(rule(*equal), fields=fields)  # finds by `equal`, shows what it found
    found = await gateway.store.read(lambda connection: sources(connection)(by_rule, target()))
    return {(org, project, id_) for (org,), (project,), (id_,) in found}


async def test_a_silence_that_has_ended_is_not_in_force(pipeline: Start) -> None:
    gateway = pipeline(TWO)
    parts = gateway.in_force.parts

    in_force = await gateway.store.read(
        lambda connection: silences_in_force(connection, parts, NOON)
    )

    assert [each.reason for each in in_force] == ["known"]


async def test_what_is_in_force_is_read_once_for_an_event(pipeline: Start) -> None:
    gateway = pipeline("route: {sinks: [chat], group_by: [finding]}\n" + MORE)
    asked: list[str] = []

    def note(*executed: Any) -> None:
        asked.append(executed[2])  # the statement

    engine = await gateway.store.write(lambda connection: connection.engine)
    sa.event.listen(engine, "before_cursor_execute", note)

    await gateway.hear(issue("A"), issue("B"))

    assert await gateway.owed("status") == ["muted", "muted"]
    assert len([each for each in asked if "FROM silences" in each]) == 1


async def test_silences_made_at_run_time_are_in_force_too(pipeline: Start) -> None:
    gateway = pipeline("route: {sinks: [chat]}\n")
    parts = gateway.in_force.parts
    made = StoredSilence(
        id="sil_1",
        matchers=('project.tags."cost centre" = "R&D"', "severity < high"),
        starts=NOON - timedelta(hours=1),
        until=NOON + timedelta(hours=1),
        owner="ops",
        reason="a try",
    )
    await gateway.store.write(lambda connection: silences.add(connection, made, NOON))

    (silence,) = await gateway.store.read(
        lambda connection: silences_in_force(connection, parts, NOON)
    )

    assert silence.origin == "runtime"
    assert list(map(str, silence.matchers)) == [
        'project.tags."cost centre" = "R&D"',
        'severity < "high"',
    ]


@pytest.mark.parametrize(
    ("equal", "found"),
    [
        (["project.id"], {("o1", "p1", "A"), ("o2", "p1", "C")}),
        (["org.id"], {("o1", "p1", "A"), ("o1", "p2", "B")}),
        (["org.id", "project.id"], {("o1", "p1", "A")}),
        ([], {("o1", "p1", "A"), ("o1", "p2", "B"), ("o2", "p1", "C")}),
    ],
)
async def test_sources_are_looked_for_where_the_rule_says(
    pipeline: Start, equal: list[str], found: set[tuple[str, str, str]]
) -> None:
    gateway = pipeline("route: {sinks: [chat], group_by: [finding]}\n")
    await gateway.hear(issue("A", "critical"), issue("Z", "low"), project="p1")
    await gateway.hear(issue("B", "critical"), project="p2")
    await gateway.hear(issue("C", "critical"), project="p1", org={"id": "o2"})
    await gateway.hear(issue("D", "critical"), project="p9", org={"id": "o9"})
    await gateway.hear(removed=(issue("D", "critical"),), project="p9", org={"id": "o9"})

    assert await looked_through(gateway, *equal) == found


async def test_each_finding_is_looked_at_once_however_many_targets_there_are(
    pipeline: Start,
) -> None:
    gateway = pipeline("route: {sinks: [chat], group_by: [finding]}\n")
    await gateway.hear(*(issue(f"S-{number}", "critical") for number in range(5)))
    looked_at: list[Texts] = []

    def is_critical(texts: Texts) -> bool:
        looked_at.append(texts)
        return texts == ("critical",)

    by_id = rule("id")
    counted = replace(by_id, source=(replace(by_id.source[0], _test=is_critical),))
    parts = replace(gateway.in_force.parts, inhibit=(counted,))

    def judged(connection: Connection) -> list[Muted | None]:
        judge = Judge(parts=parts, silences=(), sources=sources(connection), now=NOON)
        return [judge.muted([target()]) for _ in range(7)]

    assert await gateway.store.read(judged) == [None] * 7
    assert len(looked_at) == 5
