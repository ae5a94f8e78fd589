"""What keeps a delivery back, and what does not."""

from datetime import UTC, datetime, timedelta

from gateway.model.event import Event, Project
from gateway.model.finding import Finding
from gateway.pipeline.judging import Judge
from gateway.routing.fields import Subject
from gateway.routing.inhibition import InhibitRule, Values
from tests.pipeline.conftest import NOON, Build, Start, issue

OFFICE = """\
time_intervals:
  office: [{times: [{start_time: '09:00', end_time: '10:00'}]}]
  past: [{years: [2020]}]
"""
SILENCE = """\
silences:
  - {matchers: [severity = high], until: 2026-03-01T13:00:00Z, owner: ops, reason: known}
"""
INHIBIT = """\
inhibit:
  - {source: [severity = critical], target: [severity = high], equal: [project.id]}
"""


async def test_a_silenced_alert_is_muted_until_the_silence_ends(pipeline: Start) -> None:
    gateway = pipeline("route: {sinks: [chat], group_by: [finding]}\n" + SILENCE)

    await gateway.hear(issue())

    ((status, reason, by, again),) = await gateway.owed(
        "status", "reason", "muted_by", "next_attempt_at"
    )
    assert (status, reason) == ("muted", "silenced")
    assert by == "silence silence-1 (ops: known, until 2026-03-01T13:00:00Z)"
    assert again == datetime(2026, 3, 1, 13, tzinfo=UTC)


async def test_an_alert_is_muted_only_if_all_its_open_findings_are(pipeline: Start) -> None:
    gateway = pipeline("route: {sinks: [chat], group_by: [project]}\n" + SILENCE)

    await gateway.hear(issue("A", "high"), issue("B", "low"), project="mixed")
    await gateway.hear(issue("A", "high"), issue("B", "high"), project="silenced")

    assert await gateway.owed("status") == ["pending", "muted"]


async def test_muted_wins_over_held(pipeline: Start) -> None:
    rules = "route: {sinks: [chat], active_time_intervals: [office]}\n" + OFFICE
    gateway = pipeline(rules.replace("  past: [{years: [2020]}]\n", "") + SILENCE)

    await gateway.hear(issue())

    assert await gateway.owed("status", "reason") == [("muted", "silenced")]

    await gateway.later(hours=1)

    assert await gateway.owed("status", "reason") == [("held", "outside")]


async def test_a_single_finding_is_muted_by_itself(pipeline: Start) -> None:
    gateway = pipeline("route: {sinks: [siem], deliver: findings}\n" + SILENCE)

    await gateway.hear(issue("A", "high"), issue("B", "low"))

    assert await gateway.owed("status") == ["muted", "pending"]


async def test_an_event_is_held_but_never_muted(pipeline: Start) -> None:
    silence = SILENCE.replace("severity = high", "source = snyk")
    held = "route: {sinks: [siem], deliver: events, active_time_intervals: [office]}\n"
    gateway = pipeline(held + OFFICE + silence)

    await gateway.hear(issue())

    assert await gateway.owed("status", "reason") == [("held", "outside")]


async def test_a_target_is_muted_while_a_source_is_open_with_the_same_values(
    pipeline: Start,
) -> None:
    gateway = pipeline("route: {sinks: [chat], group_by: [finding]}\n" + INHIBIT)

    await gateway.hear(issue("S", "critical"), project="p1")
    await gateway.hear(issue("T", "high"), project="p1")
    await gateway.hear(issue("T", "high"), project="p2")

    assert await gateway.owed("status", "muted_by") == [
        ("pending", ""),
        ("muted", 'an open finding with severity = "critical" (same project.id)'),
        ("pending", ""),
    ]


async def test_a_source_in_the_same_event_mutes_too(pipeline: Start) -> None:
    gateway = pipeline("route: {sinks: [chat], group_by: [finding]}\n" + INHIBIT)

    await gateway.hear(issue("T", "high"), issue("S", "critical"))

    assert await gateway.owed("status", "reason") == [("muted", "inhibited"), ("pending", "")]


async def test_what_is_a_target_too_mutes_nothing(pipeline: Start) -> None:
    rule = INHIBIT.replace("[severity = critical]", '["severity >= high"]')
    rule = rule.replace("[severity = high]", '["severity >= high"]')
    gateway = pipeline("route: {sinks: [chat], group_by: [finding]}\n" + rule)

    await gateway.hear(issue("A", "critical"), issue("B", "high"))

    assert await gateway.owed("status") == ["pending", "pending"]


def test_nothing_more_is_asked_once_one_finding_is_not_muted(build: Build) -> None:
    parts = build("route: {sinks: [chat]}\n" + INHIBIT)
    event = Event(
        id="evt_1",
        source="snyk",
        type="project_snapshot",
        version="v0",
        received_at=NOON,
        project=Project(id="p1"),
    )
    asked: list[Subject] = []

    def sources(_rule: InhibitRule, target: Subject) -> frozenset[Values]:
        asked.append(target)
        return frozenset()

    judge = Judge(parts=parts, silences=(), sources=sources, now=NOON)
    subjects = [Subject(Finding(id=id_, severity="high"), event) for id_ in ("A", "B")]

    assert judge.muted(subjects) is None
    assert asked == subjects[:1]


async def test_two_missing_values_are_not_equal(pipeline: Start) -> None:
    rule = INHIBIT.replace("project.id", "exploit")
    gateway = pipeline("route: {sinks: [chat], group_by: [finding]}\n" + rule)

    await gateway.hear(issue("S", "critical"), issue("T", "high"))

    assert await gateway.owed("status") == ["pending", "pending"]


async def test_silenced_findings_still_inhibit(pipeline: Start) -> None:
    silence = SILENCE.replace("severity = high", "severity = critical")
    gateway = pipeline("route: {sinks: [chat], group_by: [finding]}\n" + INHIBIT + silence)

    await gateway.hear(issue("S", "critical"), issue("T", "high"))

    assert await gateway.owed("reason") == ["silenced", "inhibited"]


async def test_a_finding_that_was_dropped_by_its_route_inhibits_nothing(pipeline: Start) -> None:
    dropped = "routes: [{name: d, sinks: [], matchers: [severity = critical]}]"
    route = f"route: {{sinks: [chat], group_by: [finding], {dropped}}}\n"
    gateway = pipeline(route + INHIBIT)

    await gateway.hear(issue("S", "critical"), issue("T", "high"))

    assert await gateway.owed("status") == ["pending"]


async def test_outside_its_window_an_alert_is_held_until_that_opens(pipeline: Start) -> None:
    gateway = pipeline("route: {sinks: [chat], active_time_intervals: [office]}\n" + OFFICE)

    await gateway.hear(issue())

    assert await gateway.owed("status", "reason", "next_attempt_at") == [
        ("held", "outside", datetime(2026, 3, 2, 9, tzinfo=UTC))
    ]
    assert gateway.counted("suppressed_total", route="root", reason="outside") == 1


async def test_what_is_due_only_outside_the_window_is_dropped_where_the_route_drops(
    pipeline: Start,
) -> None:
    window = "active_time_intervals: [office], outside: drop, group_wait: 5m"
    gateway = pipeline(f"route: {{sinks: [chat], {window}}}\n" + OFFICE)
    gateway.clock.at = datetime(2026, 3, 1, 9, 58, tzinfo=UTC)

    await gateway.hear(issue())
    await gateway.later(minutes=5)

    assert await gateway.owed("status", "reason") == [("cancelled", "outside")]
    assert gateway.counted("suppressed_total", route="root", reason="outside") == 1


async def test_what_waits_for_a_window_that_never_opens_is_sent_at_once_and_counted(
    pipeline: Start,
) -> None:
    gateway = pipeline("route: {sinks: [chat], active_time_intervals: [past]}\n" + OFFICE)

    await gateway.hear(issue())

    assert await gateway.deliver() == ["chat: 1"]
    assert gateway.counted("suppressed_total", route="root", reason="outside") == 1


async def test_closing_is_never_kept_back_where_something_was_opened_at_a_lifecycle_sink(
    pipeline: Start,
) -> None:
    sinks = """\
sinks:
  talk: {type: slack, url: "https://hooks.slack.example/services/x", send_resolved: true}
  oncall: {type: opsgenie, api_key: genie-key-genie-key}
"""
    gateway = pipeline(
        "route: {sinks: [oncall, talk], active_time_intervals: [office]}\n" + OFFICE + sinks
    )
    gateway.clock.at = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    await gateway.hear(issue())
    assert await gateway.deliver() == ["oncall: 1", "talk: 1"]
    gateway.clock.at += timedelta(hours=1)

    await gateway.hear(removed=(issue(),))

    assert await gateway.deliver() == ["oncall: 2"]
    assert await gateway.owed("sink", "status") == [
        ("oncall", "delivered"),
        ("talk", "delivered"),
        ("oncall", "delivered"),
        ("talk", "held"),
    ]


async def test_a_close_overtakes_an_update_that_is_held(pipeline: Start) -> None:
    held = "route: {sinks: [oncall], group_by: [project], active_time_intervals: [office]}\n"
    gateway = pipeline(held + OFFICE)
    gateway.clock.at = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    await gateway.hear(issue("A"))
    await gateway.deliver()
    gateway.clock.at += timedelta(hours=1)
    await gateway.hear(issue("B"))
    assert await gateway.owed("status") == ["delivered", "held"]

    await gateway.hear(removed=(issue("A"), issue("B")))

    assert await gateway.deliver() == ["oncall: 3"]


async def test_closing_of_what_nobody_was_told_needs_no_window(pipeline: Start) -> None:
    gateway = pipeline("route: {sinks: [oncall], active_time_intervals: [office]}\n" + OFFICE)
    await gateway.hear(issue())

    await gateway.hear(removed=(issue(),))

    assert await gateway.owed("status", "reason") == [("pending", "")]
