from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.alerting.single import notice_of
from gateway.model.about import About, about
from gateway.model.event import Event, Org, Project
from gateway.model.finding import Finding
from gateway.model.notice import Notice
from gateway.pipeline.compose import compose
from gateway.pipeline.parts import Parts
from tests.pipeline.conftest import Build

RECEIVED = datetime(2026, 3, 1, 12, tzinfo=UTC)


def one_finding(**changes: Any) -> Notice:
    finding = Finding(id="SNYK-1", change="new", package="left-pad", severity="high")
    event = Event(
        id="evt_1",
        source="snyk",
        type="project_snapshot",
        version="v0",
        received_at=RECEIVED,
        org=Org(id="o-1"),
        project=Project(id="p-1"),
        findings=(finding,),
    )
    notice = notice_of(
        event, deliver="findings", key="k", route="root", sink="chat", labels={}, finding=finding
    )
    return replace(notice, **changes)


def test_a_try_is_repeated_under_its_identity_after_the_instance_got_another_name(
    parts: Parts,
) -> None:
    notice = one_finding()

    made = [
        compose(each, notice, each.sinks["chat"], timestamp=1).message.identity
        for each in (parts, replace(parts, instance="staging"))
    ]

    assert made[0] == made[1]


@pytest.mark.parametrize(
    ("sink", "payload"),
    [("{type: http, url: https://siem.example}", True),
     ("{type: http, url: https://siem.example, template: own}", False),
     ("{type: mattermost, url: https://mattermost.example/hooks/KEY}", False)],
)  # fmt: skip
def test_an_event_goes_as_it_came_where_no_template_is_asked_for(
    build: Build, tmp_path: Path, *, sink: str, payload: bool
) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "own.j2").write_text("{{ project.id }}")
    parts = build(f"sinks: {{siem: {sink}}}\nroute: {{sinks: [siem], deliver: events}}\n")
    notice = one_finding(deliver="events", payload=b'{"project": {}}')

    message = compose(parts, notice, parts.sinks["siem"], timestamp=1).message

    assert (message.payload, bool(message.body)) == (
        (notice.payload, False) if payload else (None, True)
    )


@pytest.mark.parametrize(
    ("changes", "kind", "subject"),
    [
        ({}, "finding.new", "SNYK-1"),
        ({"deliver": "events"}, "event.project_snapshot", "p-1"),
        ({"deliver": "alerts"}, "alert.opened", "evt_1"),
        ({"deliver": "alerts", "action": "update"}, "alert.updated", "evt_1"),
        ({"deliver": "alerts", "action": "update", "reminder": True}, "alert.reminded", "evt_1"),
        ({"deliver": "alerts", "action": "close"}, "alert.resolved", "evt_1"),
    ],
)
def test_a_message_says_what_it_is_about(
    parts: Parts, changes: dict[str, Any], kind: str, subject: str
) -> None:
    notice = one_finding(**changes)

    composed = compose(parts, notice, parts.sinks["chat"], timestamp=1)

    expected = About(kind=kind, org="o-1", subject=subject, time=RECEIVED)
    assert composed.message.about == about(notice) == expected
