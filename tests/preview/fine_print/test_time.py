"""DESIGN, sections 5 and 13: time, silences and inhibition, a test for each sentence."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.preview.fine_print.conftest import AT, Ask, issue, snapshot

ONE = snapshot(issue())
SATURDAY = datetime(2026, 11, 21, 10, tzinfo=UTC)
OFFICE = """\
time_intervals:
  office: [{times: [{start_time: '09:00', end_time: '17:00'}], weekdays: ['monday:friday'],
            location: Europe/London}]
"""
PAST = "time_intervals: {past: [{years: [2020]}]}\n"


def rules(keys: str, more: str = OFFICE) -> str:
    return f"route: {{sinks: [chat], routes: [{{name: a, {keys}}}]}}\n{more}"


def delivery(ask: Ask, told: str, at: datetime, body: bytes = ONE) -> dict[str, Any]:
    (only,) = ask.deliveries(told, body, at)
    return only


def silence(**changes: Any) -> str:
    said = {
        "matchers": "[severity = high]",
        "until": "2027-01-31T00:00:00Z",
        "owner": "platform",
        "reason": "being retired",
        **changes,
    }
    keys = ", ".join(f"{key}: {value}" for key, value in said.items() if value is not None)
    return f"silences: [{{{keys}}}]\n"


def inhibit(equal: str = "[project.id]") -> str:
    rule = f"source: [severity = critical], target: [severity = high], equal: {equal}"
    return f"inhibit: [{{{rule}}}]\n"


@pytest.mark.parametrize(
    ("outside", "route", "held_until", "dropped"),
    [
        ("hold", "a", datetime(2026, 11, 23, 9, tzinfo=UTC), None),
        ("drop", "a", None, "drop"),
        ("next", "root", None, None),
    ],
)
def test_outside_its_intervals_a_route_holds_drops_or_lets_the_walk_go_on(
    ask: Ask, outside: str, route: str, held_until: datetime | None, dropped: str | None
) -> None:
    told = rules(f"active_time_intervals: [office], outside: {outside}")

    found = delivery(ask, told, SATURDAY)

    assert (found["route"], found["held_until"], found["outside"]) == (route, held_until, dropped)


def test_a_route_left_because_of_its_hours_stands_in_the_path_with_the_reason(ask: Ask) -> None:
    told = rules("active_time_intervals: [office], outside: next")

    (finding,) = ask.explain(told, ONE, SATURDAY)["findings"]

    (step,) = [step for step in finding["path"] if step["route"] == "a"]
    assert (step["matched"], step["why"]) == (False, "outside its hours, and `outside: next`")


@pytest.mark.parametrize("outside", ["hold", "drop", "next"])
def test_outside_is_null_inside_the_window(ask: Ask, outside: str) -> None:
    found = delivery(ask, rules(f"active_time_intervals: [office], outside: {outside}"), AT)

    assert (found["route"], found["held_until"], found["outside"]) == ("a", None, None)


def test_mute_intervals_hold_while_they_last_and_times_are_end_exclusive(ask: Ask) -> None:
    told = rules("mute_time_intervals: [office]")

    at = {hour: delivery(ask, told, AT.replace(hour=hour))["held_until"] for hour in (16, 17)}

    assert at == {16: AT.replace(hour=17), 17: None}


def test_intervals_are_inherited_and_an_empty_list_lifts_them(ask: Ask) -> None:
    told = "route: {{sinks: [chat], active_time_intervals: [office], routes: [{{name: a{}}}]}}\n"

    held, lifted = (
        delivery(ask, told.format(own) + OFFICE, SATURDAY)
        for own in ("", ", active_time_intervals: []")
    )

    assert (bool(held["held_until"]), lifted["held_until"]) == (True, None)


def test_an_interval_that_never_opens_again_is_a_warning_and_is_sent_at_once(ask: Ask) -> None:
    told = rules("active_time_intervals: [past]", PAST)

    assert ask.warnings(told) == ["never comes again: what waits for it is sent at once"]
    assert delivery(ask, told, AT)["held_until"] is None


@pytest.mark.parametrize(
    ("route", "warned"),
    [
        ("group_by: [finding], active_time_intervals: [office], routes: [{name: a}]", "waits"),
        ("group_by: [cve]", "what joins an open alert pages nobody"),
        ("group_by: [event]", "what joins an open alert pages nobody"),
        ("group_by: [finding, cve]", ""),
        ("group_by: [finding], active_time_intervals: [office]", ""),
    ],
)
def test_a_paging_sink_that_may_not_page_is_a_warning(ask: Ask, route: str, warned: str) -> None:
    more = OFFICE if "office" in route else ""

    found = ask.warnings(f"route: {{sinks: [oncall], {route}}}\n{more}")

    assert all(warned in each for each in found)
    assert bool(found) is bool(warned)


def test_muted_wins_over_held(ask: Ask) -> None:
    told = rules("active_time_intervals: [office]") + silence()

    found = delivery(ask, told, SATURDAY)

    assert (found["held_until"], bool(found["muted_by"])) == (None, True)


def test_a_silence_has_ended_at_the_instant_until(ask: Ask) -> None:
    told = "route: {sinks: [chat]}\n" + silence()
    end = datetime(2027, 1, 31, tzinfo=UTC)

    before = delivery(ask, told, end.replace(year=2026))["muted_by"]

    assert before == "silence silence-1 (platform: being retired, until 2027-01-31T00:00:00Z)"
    assert delivery(ask, told, end)["muted_by"] is None


def test_an_ended_silence_is_a_warning(ask: Ask) -> None:
    told = "route: {sinks: [chat]}\n" + silence(until="2020-01-31")

    assert ask.warnings(told) == ["has ended: take the silence out, or extend it"]


@pytest.mark.parametrize("key", ["until", "owner", "reason", "matchers"])
def test_a_silence_has_matchers_an_end_an_owner_and_a_reason(ask: Ask, key: str) -> None:
    assert ask.problems("route: {sinks: [chat]}\n" + silence(**{key: None})) == ["is missing"]


def test_a_silence_begins_at_from(ask: Ask) -> None:
    told = "route: {sinks: [chat]}\n" + silence(**{"from": "2026-11-24"})

    assert delivery(ask, told, AT)["muted_by"] is None


@pytest.mark.parametrize(
    "entry",
    [
        "{years: [2026]}",
        "{times: [{start_time: 09:00, end_time: 17:00}]}",
        "{times: [{start_time: '00:00', end_time: '24:00'}]}",
        "{months: [5, 'june:august', '9:10']}",
        "{days_of_month: [1, '-3:-1']}",
        "{weekdays: [Monday, 'wednesday:friday']}",
    ],
)
def test_numbers_may_be_written_as_numbers_and_times_as_people_write_them(
    ask: Ask, entry: str
) -> None:
    told = rules("active_time_intervals: [own]", f"time_intervals: {{own: [{entry}]}}\n")

    assert ask.problems(told) == []


@pytest.mark.parametrize(
    "entry",
    [
        "{months: 5}",
        "{weekdays: monday}",
        "{weekdays: []}",
        "{times: []}",
        "{years: []}",
        "{months: [13]}",
        "{location: Local, years: [2026]}",
        "{location: Europe/Lndon, years: [2026]}",
        "{days_of_month: [0]}",
        "{times: [{start_time: '22:00', end_time: '06:00'}]}",
    ],
)
def test_scalars_for_lists_empty_lists_and_what_no_calendar_has_are_problems(
    ask: Ask, entry: str
) -> None:
    told = rules("active_time_intervals: [own]", f"time_intervals: {{own: [{entry}]}}\n")

    assert ask.problems(told)


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        # Clocks go back an hour on 25 October 2026, and forward on 28 March 2027.
        ("2026-10-23T18:00:00Z", "2026-10-26T09:00:00+00:00"),
        ("2026-10-22T18:00:00Z", "2026-10-23T08:00:00+00:00"),
        ("2027-03-26T18:00:00Z", "2027-03-29T08:00:00+00:00"),
    ],
)
def test_clock_changes_follow_the_clock_on_the_wall(ask: Ask, at: str, opens: str) -> None:
    found = delivery(ask, rules("active_time_intervals: [office]"), datetime.fromisoformat(at))

    assert found["held_until"] == datetime.fromisoformat(opens)


def test_an_alert_is_muted_when_all_its_open_findings_are(ask: Ask) -> None:
    low = issue("B", issueData={"severity": "low"})
    by_project, by_finding = (
        [
            bool(each["muted_by"])
            for each in ask.deliveries(
                f"route: {{sinks: [chat], group_by: [{key}]}}\n" + silence(),
                snapshot(issue("A"), low),
            )
        ]
        for key in ("project", "finding")
    )

    assert (by_project, by_finding) == ([False, False], [True, False])


def test_closing_and_events_are_never_muted(ask: Ask) -> None:
    told = "route: {sinks: [chat], routes: [{name: e, deliver: events}]}\n" + silence()

    explained = ask.explain(told, snapshot(removed=(issue(),)))

    assert [each["muted_by"] for each in explained["deliveries"]] == [None]
    assert [each["muted_by"] for each in explained["findings"][0]["deliveries"]] == [None]


def muted(ask: Ask, more: str, *new: dict[str, Any]) -> list[bool]:
    told = "route: {sinks: [chat], group_by: [finding]}\n" + more
    return [bool(each["muted_by"]) for each in ask.deliveries(told, snapshot(*new))]


CRITICAL = issue("S", issueData={"severity": "critical"})


def test_a_target_is_muted_while_a_source_is_open_with_the_same_values(ask: Ask) -> None:
    assert muted(ask, inhibit(), CRITICAL, issue("T")) == [False, True]


def test_what_is_a_target_too_is_no_source(ask: Ask) -> None:
    more = inhibit().replace("severity = critical", "severity >= high")

    assert muted(ask, more, issue("A"), issue("B")) == [False, False]


def test_two_missing_values_are_not_equal(ask: Ask) -> None:
    assert muted(ask, inhibit("[exploit]"), CRITICAL, issue("T")) == [False, False]


def test_silenced_findings_still_inhibit(ask: Ask) -> None:
    more = inhibit() + silence(matchers="[severity = critical]")

    assert muted(ask, more, CRITICAL, issue("T")) == [True, True]


def test_what_is_dropped_is_not_open_and_inhibits_nothing(ask: Ask) -> None:
    told = (
        "route: {sinks: [chat], group_by: [finding], "
        "routes: [{name: d, sinks: [], matchers: [severity = critical]}]}\n"
    ) + inhibit()

    found = ask.deliveries(told, snapshot(CRITICAL, issue("T")))

    assert [(each["route"], each["muted_by"]) for each in found] == [("d", None), ("root", None)]


@pytest.mark.parametrize("change", ["equal: [projct.id]", "source: []", "target: []"])
def test_a_rule_of_inhibition_has_a_source_a_target_and_fields_that_there_are(
    ask: Ask, change: str
) -> None:
    key = change.partition(":")[0]
    rule = {"source": "[severity = critical]", "target": "[severity = high]", "equal": "[cve]"}
    rule[key] = change.partition(": ")[2]
    said = ", ".join(f"{name}: {value}" for name, value in rule.items())

    assert len(ask.problems(f"route: {{sinks: [chat]}}\ninhibit: [{{{said}}}]\n")) == 1
