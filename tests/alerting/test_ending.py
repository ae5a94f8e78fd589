from dataclasses import replace
from datetime import UTC, datetime

from gateway.alerting.changes import Changes
from gateway.alerting.ending import ended
from gateway.model.alert import Alert, Entry
from gateway.model.event import Event, Project
from gateway.model.finding import Finding

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def entry(key: str, project: str = "p1") -> Entry:
    event = Event(
        id="evt_1",
        source="snyk",
        type="project_snapshot",
        version="v0",
        received_at=NOON,
        project=Project(id=project),
    )
    return Entry(key=key, finding=Finding(id=key), event=event, opened=1)


def alert(*entries: Entry) -> Alert:
    return Alert(
        id="alr_1",
        key="k",
        route="root",
        group=("g",),
        sinks=("slack", "oncall"),
        status="open",
        revision=1,
        opened_at=NOON,
        resolved_at=None,
        event=entries[0].event,
        entries=entries,
        flush_at=NOON,
    )


def end(what: Alert, *, project: str | None = None) -> Changes:
    return ended(
        [what],
        "gone",
        now=NOON,
        terms={},
        resolving=frozenset({"oncall"}),
        which=lambda each: project is None or each.event.project.id == project,
    )


def test_an_alert_ends_with_its_reason_and_those_who_want_to_are_told() -> None:
    changes = end(alert(entry("a"), entry("b")))

    (after,) = changes.alerts
    assert (after.status, after.ended, after.resolved_at) == ("resolved", "gone", NOON)
    assert [(each.sink, each.revision) for each in changes.owed] == [("oncall", 2)]
    assert changes.closed == {"a", "b"}


def test_findings_of_other_projects_keep_it_open() -> None:
    changes = end(alert(entry("a", "p1"), entry("b", "p2")), project="p1")

    (after,) = changes.alerts
    assert (after.status, after.ended) == ("open", "")
    assert [each.key for each in after.open_entries] == ["b"]


def test_nothing_changes_where_nothing_is_open() -> None:
    fixed = replace(entry("a"), fixed=1)

    assert end(alert(fixed)) == Changes()
