from datetime import UTC, datetime

from gateway.alerting.single import notice_of
from gateway.model.event import Event
from gateway.model.finding import Finding
from gateway.model.notice import Notice

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LOW = Finding(id="low", severity="low")
HIGH = Finding(id="high", severity="high")
GONE = Finding(id="gone", change="removed", severity="low")
EVENT = Event(
    id="evt_1",
    source="snyk",
    type="project_snapshot",
    version="v0",
    received_at=NOON,
    findings=(LOW, HIGH, GONE),
)


def notice(finding: Finding | None = None) -> Notice:
    return notice_of(
        EVENT,
        deliver="findings" if finding else "events",
        key="k",
        route="archive",
        sink="siem",
        labels={"team": "payments"},
        finding=finding,
    )


def test_an_event_shows_what_it_lists_worst_first() -> None:
    made = notice()

    assert [each.finding.id for each in made.new] == ["high", "low"]
    assert [each.finding.id for each in made.fixed] == ["gone"]
    assert made.alert.labels == {"team": "payments"}


def test_a_new_finding_is_open_and_a_removed_one_is_fixed() -> None:
    assert [each.finding.id for each in notice(HIGH).open] == ["high"]
    assert (notice(GONE).open, len(notice(GONE).fixed)) == ((), 1)
