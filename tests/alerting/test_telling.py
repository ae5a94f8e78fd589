from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.alerting.telling import choose
from gateway.model.alert import Alert, Beyond, Entry
from gateway.model.delivery import Told
from gateway.model.event import Event
from gateway.model.finding import Finding
from gateway.model.notice import Notice

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVENT = Event(id="evt_1", source="snyk", type="project_snapshot", version="v0", received_at=NOON)


def alert(*entries: tuple[str, int, int | None], severity: str = "high") -> Alert:
    """An alert of entries (id, opened, fixed)."""
    made = tuple(
        Entry(
            key=name,
            finding=Finding(id=name, severity=severity),
            event=EVENT,
            opened=opened,
            fixed=fixed,
        )
        for name, opened, fixed in entries
    )
    revision = max(max(opened, fixed or 0) for _, opened, fixed in entries)
    return Alert(
        id="alr_1",
        key="k",
        route="root",
        group=("g",),
        sinks=("s",),
        status="open" if any(fixed is None for _, _, fixed in entries) else "resolved",
        revision=revision,
        opened_at=NOON,
        resolved_at=None,
        event=EVENT,
        entries=made,
    )


def tell(
    what: Alert, told: Told, *, lifecycle: bool = True, send_resolved: bool = True
) -> Notice | None:
    return choose(what, what.revision, told, lifecycle=lifecycle, send_resolved=send_resolved)


def ids(entries: tuple[Entry, ...]) -> list[str]:
    return [entry.key for entry in entries]


def test_sink_that_knows_nothing_is_told_everything_that_is_open() -> None:
    notice = tell(alert(("a", 1, None), ("b", 2, None), ("c", 1, 2)), Told())

    assert notice is not None
    assert (notice.action, ids(notice.new), ids(notice.fixed)) == ("create", ["a", "b"], [])


def test_sink_is_told_the_difference_from_what_it_knows() -> None:
    notice = tell(alert(("a", 1, None), ("b", 1, 3), ("c", 3, None), ("d", 2, 3)), Told(revision=1))

    assert notice is not None
    assert notice.action == "update"
    assert (ids(notice.open), ids(notice.new), ids(notice.fixed)) == (["a", "c"], ["c"], ["b"])


def test_sink_that_knows_of_a_resolved_alert_is_told_to_close_it() -> None:
    notice = tell(alert(("a", 1, 2)), Told(revision=1))

    assert notice is not None
    assert (notice.action, ids(notice.fixed)) == ("close", ["a"])


def test_opening_that_was_tried_is_closed_though_it_was_never_confirmed() -> None:
    notice = tell(alert(("a", 1, 2)), Told(tried=True))

    assert notice is not None
    assert (notice.action, ids(notice.fixed)) == ("close", ["a"])


@pytest.mark.parametrize(
    ("told", "lifecycle", "send_resolved"),
    [
        (Told(), True, True),
        (Told(tried=True), False, True),
        (Told(revision=1), True, False),
        (Told(revision=2, closed=True), True, True),
    ],
    ids=["never tried", "chat, unconfirmed", "not wanted", "closed already"],
)
def test_resolved_alert_of_which_there_is_nothing_to_tell(
    told: Told,
    lifecycle: bool,
    send_resolved: bool,
) -> None:
    notice = tell(alert(("a", 1, 2)), told, lifecycle=lifecycle, send_resolved=send_resolved)

    assert notice is None


def test_nothing_new_is_nothing_to_tell() -> None:
    assert tell(alert(("a", 1, None)), Told(revision=1)) is None


def test_fixes_alone_are_not_told_to_who_does_not_want_them() -> None:
    partly = alert(("a", 1, None), ("b", 1, 2))

    assert tell(partly, Told(revision=1), send_resolved=False) is None
    assert tell(partly, Told(revision=1)) is not None


def test_worst_finding_comes_first() -> None:
    mild, bad = alert(("a", 1, None), severity="low"), alert(("b", 1, None), severity="critical")
    both = Alert(
        **{name: getattr(mild, name) for name in mild.__slots__ if name != "entries"},
        entries=mild.entries + bad.entries,
    )

    notice = tell(both, Told())

    assert notice is not None
    assert ids(notice.open) == ["b", "a"]


def test_opening_that_may_have_arrived_is_told_again_as_it_was_though_it_is_news_since() -> None:
    """Its severity rose meanwhile: the earlier revision must not pass for resolved."""
    risen = alert(("a", 1, None))
    risen = replace(risen, revision=2, entries=(replace(risen.entries[0], announced=2),))

    again = choose(risen, 1, Told(tried=True), lifecycle=True, send_resolved=True)
    then = choose(risen, 2, Told(revision=1, tried=True), lifecycle=True, send_resolved=True)

    assert again is not None
    assert then is not None
    assert (again.action, ids(again.new)) == ("create", ["a"])
    assert (then.action, ids(then.new)) == ("update", ["a"])


def test_nothing_is_closed_while_the_alert_is_open() -> None:
    """What the earlier revision held was fixed and is back: the later revision tells of it."""
    back = alert(("a", 3, None))

    assert choose(back, 1, Told(tried=True), lifecycle=True, send_resolved=True) is None
    assert choose(back, 3, Told(tried=True), lifecycle=True, send_resolved=True) is not None


def remind(told: Told, *, revision: int = 2) -> Notice | None:
    what = replace(alert(("a", 1, None)), revision=revision)
    return choose(what, revision, told, lifecycle=True, send_resolved=True, reminder=True)


def test_reminder_tells_what_is_still_open() -> None:
    notice = remind(Told(revision=1, tried=True))

    assert notice is not None
    assert (notice.action, notice.reminder, ids(notice.open)) == ("update", True, ["a"])


def test_reminder_of_what_was_told_meanwhile_is_nothing_to_tell() -> None:
    assert remind(Told(revision=2, tried=True)) is None


def test_reminder_to_a_sink_that_knows_nothing_opens_it() -> None:
    notice = remind(Told())

    assert notice is not None
    assert (notice.action, notice.reminder) == ("create", False)


def test_what_is_not_at_hand_keeps_an_alert_open_at_the_sink() -> None:
    stormy = replace(alert(("a", 1, 2)), status="open", beyond=Beyond(open=3000, gone=10))

    notice = tell(stormy, Told(revision=1, tried=True))

    assert notice is not None
    assert (notice.action, ids(notice.fixed)) == ("update", ["a"])
