from datetime import UTC, datetime, timedelta

import pytest

from gateway.alerting.owing import owed, reminded, timed
from gateway.alerting.terms import Terms
from gateway.model.alert import Alert, Entry
from gateway.model.event import Event
from gateway.model.finding import Finding

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
EVENT = Event(id="evt_1", source="snyk", type="project_snapshot", version="v0", received_at=NOON)


def alert(
    *, flush_at: datetime | None = None, fixed: int | None = None, revision: int = 1
) -> Alert:
    entry = Entry(key="a", finding=Finding(id="a"), event=EVENT, opened=1, fixed=fixed)
    return Alert(
        id="alr_1",
        key="k",
        route="root",
        group=("g",),
        sinks=("slack", "oncall"),
        status="open" if fixed is None else "resolved",
        revision=revision,
        opened_at=NOON,
        resolved_at=None,
        event=EVENT,
        entries=(entry,),
        flush_at=flush_at,
    )


def sinks(what: Alert, resolving: frozenset[str] = frozenset({"oncall"})) -> list[str]:
    made = owed(what, event_id="evt_1", accepted_at=NOON, now=NOON, resolving=resolving)
    return [each.sink for each in made]


def test_the_first_notice_waits_for_group_wait() -> None:
    after = timed(alert(), None, Terms(group_wait=5 * MINUTE), NOON)

    assert after.flush_at == NOON + 5 * MINUTE


@pytest.mark.parametrize(
    ("flushed", "now", "due"),
    [
        (NOON, NOON + MINUTE, NOON + 10 * MINUTE),
        (NOON, NOON + 30 * MINUTE, NOON + 30 * MINUTE),
        (NOON + 10 * MINUTE, NOON + 2 * MINUTE, NOON + 10 * MINUTE),
    ],
    ids=["too soon: after group_interval", "long after: at once", "one is still to come: with it"],
)
def test_changes_are_told_no_sooner_than_group_interval_after_the_last(
    flushed: datetime, now: datetime, due: datetime
) -> None:
    terms = Terms(group_interval=10 * MINUTE)

    after = timed(alert(revision=2), alert(flush_at=flushed), terms, now)

    assert after.flush_at == due


def test_a_reminder_is_due_repeat_interval_after_the_last_notice() -> None:
    terms = Terms(group_wait=5 * MINUTE, repeat_interval=60 * MINUTE)

    after = timed(alert(), None, terms, NOON)

    assert after.remind_at == NOON + 65 * MINUTE


def test_what_is_resolved_is_not_reminded_of() -> None:
    terms = Terms(repeat_interval=MINUTE)

    after = timed(alert(fixed=2, revision=2), alert(flush_at=NOON), terms, NOON)

    assert after.remind_at is None


def test_news_is_owed_to_every_sink() -> None:
    assert sinks(alert()) == ["slack", "oncall"]


def test_a_fix_is_owed_to_those_who_want_to_hear_of_it() -> None:
    assert sinks(alert(fixed=2, revision=2)) == ["oncall"]


def test_what_is_owed_is_due_when_the_alerts_timers_say() -> None:
    what = alert(flush_at=NOON + MINUTE)

    made = owed(what, event_id="evt_1", accepted_at=NOON, now=NOON, resolving=frozenset())

    assert {each.due for each in made} == {NOON + MINUTE}


def test_a_reminder_is_a_revision_of_its_own_so_that_its_identity_is_new() -> None:
    again, made = reminded(alert(flush_at=NOON), now=NOON + MINUTE)

    assert again.revision == 2
    assert [(each.sink, each.revision, each.reminder) for each in made] == [
        ("slack", 2, True),
        ("oncall", 2, True),
    ]
