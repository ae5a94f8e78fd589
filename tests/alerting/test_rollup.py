from datetime import UTC, datetime

from gateway.alerting.budget import key_of_rollup
from gateway.alerting.changes import Changes
from gateway.alerting.rollup import rolled_up
from gateway.model.alert import Alert, Entry
from gateway.model.budget import Spent
from gateway.model.event import Event
from gateway.model.finding import Finding

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SPENT = Spent(since=NOON, opened=50)
EVENT = Event(id="evt_1", source="snyk", type="project_snapshot", version="v0", received_at=NOON)


def alert(id_: str, *keys: str) -> Alert:
    return Alert(
        id=id_,
        key=f"key-of-{id_}",
        route="root",
        group=(id_,),
        sinks=("oncall",),
        status="open",
        revision=1,
        opened_at=NOON,
        resolved_at=None,
        event=EVENT,
        entries=tuple(
            Entry(key=key, finding=Finding(id=key), event=EVENT, opened=1) for key in keys
        ),
    )


def merge(*some: Alert, rollup: Alert | None = None) -> Changes:
    return rolled_up(
        some,
        rollup,
        SPENT,
        now=NOON,
        new_id=lambda prefix, _now: f"{prefix}_roll",
        terms={},
        resolving=frozenset({"oncall"}),
        instance="",
    )


def test_the_findings_move_and_the_alerts_end_without_a_word() -> None:
    changes = merge(alert("alr_1", "a"), alert("alr_2", "b"))

    first, second, rollup = changes.alerts
    assert {first.ended, second.ended} == {"rolled_up"}
    assert [each.key for each in rollup.open_entries] == ["a", "b"]
    assert (rollup.rollup, rollup.key) == (True, key_of_rollup("", "root", SPENT))
    assert [each.alert_id for each in changes.owed] == ["alr_roll"]


def test_a_later_one_joins_the_roll_up_that_is_open() -> None:
    first = merge(alert("alr_1", "a")).alerts[-1]

    changes = merge(alert("alr_2", "b"), rollup=first)

    after = changes.alerts[-1]
    assert (after.id, after.revision) == (first.id, 2)
    assert [each.key for each in after.open_entries] == ["a", "b"]
    assert changes.opened == frozenset()


def test_a_finding_that_is_in_it_already_is_not_doubled() -> None:
    first = merge(alert("alr_1", "a")).alerts[-1]

    after = merge(alert("alr_2", "a"), rollup=first).alerts[-1]

    assert [each.key for each in after.open_entries] == ["a"]
