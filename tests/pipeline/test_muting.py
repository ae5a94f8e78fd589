"""What mutes at a moment, out of configuration and store."""

from datetime import timedelta

import pytest

from gateway.model.event import Event, Org, Project
from gateway.model.finding import Finding
from gateway.pipeline.muting import silences_in_force, sources
from gateway.routing.fields import Subject
from gateway.routing.inhibition import InhibitSettings, inhibit_rule
from gateway.store import silences
from gateway.store.silences import StoredSilence
from tests.pipeline.conftest import NOON, Pipeline, Start, issue

TWO = """\
route: {sinks: [chat], group_by: [finding]}
silences:
  - {matchers: [severity = low], until: 2026-03-01T12:00:00Z, owner: ops, reason: over}
  - {matchers: [severity = low], until: 2026-03-01T12:00:01Z, owner: ops, reason: known}
"""


async def looked_through(gateway: Pipeline, *equal: str) -> set[tuple[str, str]]:
    """Organisation and project of the findings that may inhibit one of o1/p1."""
    said = {"source": ["severity = critical"], "target": ["severity = high"], "equal": [*equal]}
    rule = inhibit_rule(InhibitSettings.model_validate(said))
    event = Event(
        id="evt_t",
        source="snyk",
        type="project_snapshot",
        version="v0",
        received_at=NOON,
        project=Project(id="p1"),
        org=Org(id="o1"),
    )
    target = Subject(Finding(id="T", severity="high"), event)
    found = await gateway.store.read(lambda connection: list(sources(connection)(rule, target)))
    return {(each.event.org.id, each.event.project.id) for each in found}


async def test_a_silence_that_has_ended_is_not_in_force(pipeline: Start) -> None:
    gateway = pipeline(TWO)
    parts = gateway.in_force.parts

    in_force = await gateway.store.read(
        lambda connection: silences_in_force(connection, parts, NOON)
    )

    assert [each.reason for each in in_force] == ["known"]


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
        (["project.id"], {("o1", "p1"), ("o2", "p1")}),
        (["org.id"], {("o1", "p1"), ("o1", "p2")}),
        (["org.id", "project.id"], {("o1", "p1")}),
        ([], {("o1", "p1"), ("o1", "p2"), ("o2", "p1")}),
    ],
)
async def test_sources_are_looked_for_where_the_rule_says(
    pipeline: Start, equal: list[str], found: set[tuple[str, str]]
) -> None:
    gateway = pipeline("route: {sinks: [chat], group_by: [finding]}\n")
    await gateway.hear(issue("A"), project="p1")
    await gateway.hear(issue("B"), project="p2")
    await gateway.hear(issue("C"), project="p1", org={"id": "o2"})
    await gateway.hear(issue("D"), project="p9", org={"id": "o9"})
    await gateway.hear(removed=(issue("D"),), project="p9", org={"id": "o9"})

    assert await looked_through(gateway, *equal) == found
