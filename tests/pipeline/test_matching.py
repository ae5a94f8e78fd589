"""Who would hear of an event and of its findings."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway import codec
from gateway.model.event import Event
from gateway.pipeline.matching import INTERNAL_ROUTE, Routed, routed
from gateway.pipeline.parts import Parts
from gateway.pipeline.reading import internal
from tests.pipeline.conftest import NOON, Build, Start, issue

OFFICE = "time_intervals: {office: [{times: [{start_time: '09:00', end_time: '10:00'}]}]}\n"


def snapshot(parts: Parts, *new: Mapping[str, Any], removed: tuple[Any, ...] = ()) -> Event:
    body = {
        "project": {"id": "p1", "name": "acme/shop"},
        "org": {"id": "o1"},
        "newIssues": list(new),
        "removedIssues": list(removed),
    }
    source = parts.sources["snyk"]
    return source.read(codec.encode(body), id="evt_1", received_at=NOON, version="v0")


def complaint(sink: str = "") -> Event:
    said = {"type": "internal", "kind": "dead_letter", "text": "…", "sink": sink}
    return internal(codec.encode(said), "evt_i", NOON)


def told(found: Routed) -> list[tuple[str, str]]:
    return [(owed.route, owed.sink) for owed in found.events]


def test_an_event_walks_once_as_itself_and_once_for_each_finding(build: Build) -> None:
    parts = build(
        "route: {sinks: [chat], routes: ["
        "{name: archive, deliver: events, sinks: [siem]}, "
        "{name: each, deliver: findings, sinks: [siem], matchers: [severity = low]}]}\n"
    )

    found = routed(snapshot(parts, issue("A"), issue("B", "low")), parts, NOON)

    assert told(found) == [("archive", "siem")]
    assert [(owed.route, owed.finding and owed.finding.id) for _, owed in found.findings] == [
        ("each", "B")
    ]
    assert [each.route for some in found.candidates.values() for each in some] == ["root"]
    assert found.taken == ["archive", "root", "each"]


def test_a_removed_finding_is_delivered_by_itself_but_opens_no_alert(build: Build) -> None:
    parts = build(
        "route: {sinks: [chat], routes: [{name: each, deliver: findings, continue: true}, "
        "{name: all}]}\n"
    )

    found = routed(snapshot(parts, removed=(issue("A"),)), parts, NOON)

    assert [owed.route for _, owed in found.findings] == ["each"]
    assert found.candidates == {}


def test_one_finding_under_two_routes_belongs_to_two_alerts(build: Build) -> None:
    parts = build("route: {sinks: [chat], routes: [{name: a, continue: true}, {name: b}]}\n")

    found = routed(snapshot(parts, issue("A")), parts, NOON)

    (places,) = found.candidates.values()
    assert [each.route for each in places] == ["a", "b"]
    assert len({each.alert_key for each in places}) == 2


@pytest.mark.parametrize("deliver", ["alerts", "findings", "events"])
def test_what_is_dropped_outside_its_hours_is_counted(build: Build, deliver: str) -> None:
    window = "active_time_intervals: [office], outside: drop"
    parts = build(f"route: {{sinks: [chat], deliver: {deliver}, {window}}}\n" + OFFICE)

    found = routed(snapshot(parts, issue("A")), parts, NOON)

    assert [(each.route, each.reason) for each in found.dropped] == [("root", "outside")]
    assert (found.findings, found.events) == ([], [])
    assert list(found.candidates.values()) == [[]]


def test_what_is_left_because_of_its_hours_is_counted_for_what_it_would_take(build: Build) -> None:
    window = "active_time_intervals: [office], outside: next"
    parts = build(f"route: {{sinks: [chat], routes: [{{name: a, {window}}}]}}\n" + OFFICE)

    found = routed(snapshot(parts, issue("A"), issue("B")), parts, NOON)

    assert [(each.route, each.reason) for each in found.dropped] == [("a", "outside")] * 2
    assert found.taken == ["root", "root"]


def test_a_when_that_fails_is_counted_and_marks_what_it_let_through(build: Build) -> None:
    parts = build("route: {sinks: [chat], routes: [{name: odd, when: 1 / 0 > 1}]}\n")

    found = routed(snapshot(parts, issue("A")), parts, NOON)

    ((place,),) = found.candidates.values()
    assert place.marks == ("when of odd: ZeroDivisionError: division by zero",)
    assert "odd" in found.when_errors


async def test_a_when_that_fails_is_shown_on_the_delivery(pipeline: Start) -> None:
    gateway = pipeline(
        "route: {sinks: [chat], routes: [{name: odd, when: cvss is defined and 1 / 0 > 1}]}\n"
    )

    await gateway.hear(issue("A"))
    await gateway.hear(issue("B", issueData={"severity": "high", "cvssScore": 9.8}))

    assert await gateway.owed("route", "marks") == [
        ("root", []),
        ("odd", ["when of odd: ZeroDivisionError: division by zero"]),
    ]
    assert gateway.counted("when_errors_total", route="odd") == 1


def test_equal_events_have_equal_identities_and_others_do_not(build: Build) -> None:
    parts = build("route: {sinks: [siem, chat], deliver: findings}\n")
    found = [routed(snapshot(parts, issue(id_)), parts, NOON).findings for id_ in "AAB"]

    first, again, other = ([owed.alert_key for _, owed in each] for each in found)

    assert first == again
    assert not set(first) & set(other)


def test_what_the_gateway_has_to_say_goes_to_its_own_sinks(build: Build) -> None:
    parts = build("route: {sinks: [chat]}\ninternal: {sinks: [siem, oncall]}\n")

    found = routed(complaint(), parts, NOON)

    assert told(found) == [(INTERNAL_ROUTE, "siem"), (INTERNAL_ROUTE, "oncall")]


def test_it_goes_to_the_roots_sinks_where_none_are_named(build: Build) -> None:
    parts = build("route: {sinks: [chat]}\n")

    assert told(routed(complaint(), parts, NOON)) == [(INTERNAL_ROUTE, "chat")]


def test_it_walks_the_routes_of_events_and_tells_no_sink_twice(build: Build) -> None:
    archive = "{name: archive, deliver: events, sinks: [siem], matchers: [event.type = internal]}"
    parts = build(
        f"route: {{sinks: [chat], routes: [{archive}]}}\ninternal: {{sinks: [siem, chat]}}\n"
    )

    assert told(routed(complaint(), parts, NOON)) == [
        ("archive", "siem"),
        (INTERNAL_ROUTE, "chat"),
    ]


def test_a_sink_never_hears_a_complaint_of_itself(build: Build) -> None:
    parts = build(
        "route: {sinks: [chat, siem], deliver: events}\ninternal: {sinks: [chat, oncall]}\n"
    )

    found = routed(complaint("chat"), parts, NOON)

    assert told(found) == [("root", "siem"), (INTERNAL_ROUTE, "oncall")]


@pytest.mark.parametrize("outside", ["hold", "drop"])
async def test_it_is_never_held_dropped_or_muted(pipeline: Start, outside: str) -> None:
    window = f"active_time_intervals: [office], outside: {outside}"
    silence = "silences: [{matchers: [source != x], until: 2027-01-01, owner: o, reason: r}]\n"
    gateway = pipeline(f"route: {{sinks: [chat], deliver: events, {window}}}\n" + OFFICE + silence)

    await gateway.alarm("disk_full", "The disk is nearly full")
    await gateway.dispatch()

    assert gateway.clock.now() == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert await gateway.deliver() == ["chat: 1"]


async def test_ignored_and_stale_findings_are_not_delivered_by_themselves(
    pipeline: Start,
) -> None:
    gateway = pipeline("route: {sinks: [siem], deliver: findings}\n")

    await gateway.hear(issue("A", isIgnored=True), issue("B"))
    old = {"lastTestedDate": (NOON - timedelta(days=1)).isoformat()}
    await gateway.hear(issue("B"), about=old)

    assert len(await gateway.owed()) == 1


async def test_an_ignored_finding_that_is_removed_is_not_delivered_by_itself_either(
    pipeline: Start,
) -> None:
    gateway = pipeline("route: {sinks: [siem], deliver: findings}\n")

    await gateway.hear(removed=(issue("A", isIgnored=True), issue("B")))

    assert len(await gateway.owed()) == 1


async def test_its_removal_still_closes_what_it_opened(pipeline: Start) -> None:
    gateway = pipeline("route: {sinks: [oncall], group_by: [finding]}\n")

    await gateway.hear(issue("A"))
    await gateway.deliver()
    await gateway.hear(removed=(issue("A", isIgnored=True),))

    assert await gateway.deliver() == ["oncall: 2"]
