from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from gateway.alerting.changes import Candidate, Changes, Known
from gateway.alerting.terms import Terms
from gateway.alerting.transition import key_of, transition
from gateway.model.alert import Alert, Beyond
from gateway.model.budget import Spent
from gateway.model.event import Event, Org, Project
from gateway.model.finding import Change, Finding
from gateway.model.history import FindingChange

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def finding(
    id_: str = "SNYK-1", change: Change = "new", severity: str = "high", *, ignored: bool = False
) -> Finding:
    return Finding(id=id_, change=change, package="left-pad", severity=severity, ignored=ignored)


def event(*findings: Finding, tested: datetime | None = NOON, id_: str = "evt_1") -> Event:
    return Event(
        id=id_,
        source="snyk",
        type="project_snapshot",
        version="v0",
        received_at=NOON,
        tested_at=tested,
        project=Project(id="p1"),
        org=Org(id="o1"),
        findings=findings,
    )


class World:
    """A store in memory: what the transitions were told of, and what they owe."""

    def __init__(self, sinks: Sequence[str] = ("slack", "oncall"), by: str = "finding") -> None:
        self.alerts: dict[str, Alert] = {}
        self.history: dict[str, FindingChange] = {}
        self.routes = [("root", tuple(sinks))]
        self.by = by
        self.now = NOON
        self.terms: dict[str, Terms] = {}
        self.spent: dict[str, Spent] = {}
        self._ids = count(1)

    def apply(
        self,
        happened: Event,
        *,
        skip_ignored: bool = True,
        overtaken: frozenset[str] = frozenset(),
    ) -> Changes:
        routed = {
            key_of(each, happened): [
                self._candidate(name, sinks, each, happened) for name, sinks in self.routes
            ]
            for each in happened.findings
            if each.change == "new"
        }
        changes = transition(
            happened,
            routed,
            Known(changes=self.history, alerts=self.open(), spent=self.spent, overtaken=overtaken),
            now=self.now,
            new_id=lambda prefix, _now: f"{prefix}_{next(self._ids)}",
            skip_ignored=skip_ignored,
            resolving=frozenset({"oncall"}),
            terms=self.terms,
        )
        self.spent |= changes.spent
        self.alerts |= {alert.id: alert for alert in changes.alerts}
        self.history |= {change.key: change for change in changes.findings}
        return changes

    def open(self) -> list[Alert]:
        return [alert for alert in self.alerts.values() if alert.status == "open"]

    def _candidate(
        self, route: str, sinks: tuple[str, ...], each: Finding, happened: Event
    ) -> Candidate:
        key = key_of(each, happened)
        group = {"finding": key, "event": happened.id, "project": happened.project.id}[self.by]
        return Candidate(
            key=key,
            route=route,
            group=(group,),
            alert_key=f"{route}/{group}",
            sinks=sinks,
            labels={"team": "payments"},
        )


def owed(changes: Changes) -> list[tuple[str, int]]:
    return [(each.sink, each.revision) for each in changes.owed]


def reasons(changes: Changes) -> list[str]:
    return [each.reason for each in changes.suppressed]


def test_new_finding_opens_an_alert_and_owes_every_sink() -> None:
    changes = World().apply(event(finding()))

    assert [alert.status for alert in changes.alerts] == ["open"]
    assert owed(changes) == [("slack", 1), ("oncall", 1)]
    assert {each.severity for each in changes.owed} == {3}


def test_same_finding_in_another_body_of_the_same_test_is_a_duplicate() -> None:
    world = World()
    world.apply(event(finding()))

    changes = world.apply(event(finding(), id_="evt_2"))

    assert (owed(changes), reasons(changes)) == ([], ["duplicate"])
    assert len(world.open()) == 1


def test_duplicate_refreshes_what_is_stored() -> None:
    world = World()
    world.apply(event(finding()))

    world.apply(event(replace(finding(), title="better words"), id_="evt_2"))

    assert world.open()[0].entries[0].finding.title == "better words"


def test_duplicate_whose_severity_rose_is_told_again() -> None:
    world = World()
    world.apply(event(finding(severity="medium")))

    changes = world.apply(event(finding(severity="critical"), id_="evt_2"))

    assert owed(changes) == [("slack", 2), ("oncall", 2)]
    assert {each.severity for each in changes.owed} == {4}


def test_duplicate_whose_severity_fell_is_not_told() -> None:
    world = World()
    world.apply(event(finding(severity="critical")))

    assert owed(world.apply(event(finding(severity="low"), id_="evt_2"))) == []


def test_removed_finding_resolves_what_it_opened_and_tells_those_who_want_to_hear() -> None:
    world = World()
    world.apply(event(finding()))

    changes = world.apply(event(finding(change="removed"), id_="evt_2"))

    assert [alert.status for alert in changes.alerts] == ["resolved"]
    assert owed(changes) == [("oncall", 2)]


def test_removal_resolves_only_its_own_finding() -> None:
    world = World()
    world.apply(event(finding("SNYK-1"), finding("SNYK-2")))

    world.apply(event(finding("SNYK-1", "removed"), id_="evt_2"))

    assert [alert.entries[0].finding.id for alert in world.open()] == ["SNYK-2"]


def test_removal_of_part_of_an_alert_updates_it_and_the_last_one_resolves_it() -> None:
    world = World(by="event")
    world.apply(event(finding("SNYK-1"), finding("SNYK-2")))

    partly = world.apply(event(finding("SNYK-1", "removed"), id_="evt_2"))
    wholly = world.apply(event(finding("SNYK-2", "removed"), id_="evt_3"))

    assert [(a.status, a.revision) for a in partly.alerts] == [("open", 2)]
    assert [(a.status, a.revision) for a in wholly.alerts] == [("resolved", 3)]


def test_removal_counts_whatever_the_routes_say_now() -> None:
    world = World()
    world.apply(event(finding()))
    world.routes = [("another", ("slack",))]

    changes = world.apply(event(finding(change="removed"), id_="evt_2"))

    assert [alert.route for alert in changes.alerts] == ["root"]
    assert world.open() == []


def test_finding_that_comes_back_opens_a_new_alert_under_the_same_key() -> None:
    world = World()
    first = world.apply(event(finding())).alerts[0]
    world.apply(event(finding(change="removed"), tested=NOON + timedelta(hours=1), id_="evt_2"))

    again = world.apply(event(finding(), tested=NOON + timedelta(hours=2), id_="evt_3")).alerts[0]

    assert again.key == first.key
    assert again.id != first.id
    assert again.status == "open"


@pytest.mark.parametrize("late", ["new", "removed"])
def test_change_of_an_older_test_is_stale_and_without_effect(late: Change) -> None:
    world = World()
    world.apply(event(finding()))
    if late == "new":
        world.apply(event(finding(change="removed"), tested=NOON + timedelta(hours=1)))
    before = dict(world.alerts)

    changes = world.apply(event(finding(change=late), tested=NOON - timedelta(hours=1)))

    assert reasons(changes) == ["stale"]
    assert (changes.alerts, changes.findings, world.alerts) == ((), (), before)


def test_removal_that_arrives_before_its_opening_makes_the_opening_stale() -> None:
    world = World()
    world.apply(event(finding(change="removed"), tested=NOON + timedelta(hours=1)))

    changes = world.apply(event(finding(), tested=NOON))

    assert (reasons(changes), world.open()) == (["stale"], [])


def test_changes_without_dates_go_by_arrival() -> None:
    world = World()
    world.apply(event(finding()))

    world.apply(event(finding(change="removed"), tested=None, id_="evt_2"))

    assert world.open() == []


def test_later_test_that_lists_an_open_finding_as_new_sends_it_again() -> None:
    """Its removal was lost on the way: it must have gone in between."""
    world = World(by="event")
    first = world.apply(event(finding())).alerts[0]

    changes = world.apply(event(finding(), tested=NOON + timedelta(days=1), id_="evt_2"))

    assert world.alerts[first.id].status == "resolved"
    assert [alert.event.id for alert in world.open()] == ["evt_2"]
    assert owed(changes) == [("oncall", 2), ("slack", 1), ("oncall", 1)]


def test_later_test_under_the_same_key_tells_the_same_alert_again() -> None:
    """A close and an open of one alias in flight together could end with it closed."""
    world = World(by="finding")
    first = world.apply(event(finding())).alerts[0]

    changes = world.apply(event(finding(), tested=NOON + timedelta(days=1), id_="evt_2"))

    assert [alert.id for alert in world.open()] == [first.id]
    assert owed(changes) == [("slack", 2), ("oncall", 2)]


def test_ignored_finding_is_skipped_unless_the_source_wants_it() -> None:
    world = World()

    skipped = world.apply(event(finding(ignored=True)))
    wanted = world.apply(event(finding("SNYK-2", ignored=True)), skip_ignored=False)

    assert (reasons(skipped), skipped.alerts) == (["ignored"], ())
    assert len(wanted.alerts) == 1


def test_route_without_sinks_drops_and_counts() -> None:
    changes = World(sinks=()).apply(event(finding()))

    assert (reasons(changes), changes.alerts) == (["no_sinks"], ())


def test_findings_of_one_project_join_one_alert() -> None:
    world = World(by="project")
    world.apply(event(finding("SNYK-1")))

    changes = world.apply(event(finding("SNYK-2"), id_="evt_2"))

    assert [len(alert.entries) for alert in changes.alerts] == [2]
    assert owed(changes) == [("slack", 2), ("oncall", 2)]


def test_two_routes_make_two_alerts_of_one_finding() -> None:
    world = World()
    world.routes = [("one", ("slack",)), ("two", ("oncall",))]

    changes = world.apply(event(finding()))

    assert [(alert.route, alert.sinks) for alert in changes.alerts] == [
        ("one", ("slack",)),
        ("two", ("oncall",)),
    ]


def test_beyond_the_budget_new_findings_join_one_roll_up() -> None:
    world = World()
    world.terms["root"] = Terms(most=2)

    changes = world.apply(event(*(finding(f"SNYK-{number}") for number in range(5))))

    (rollup,) = [alert for alert in changes.alerts if alert.rollup]
    assert len(changes.alerts) == 3
    assert [entry.finding.id for entry in rollup.entries] == ["SNYK-2", "SNYK-3", "SNYK-4"]
    assert {each.alert_id for each in changes.owed} == {alert.id for alert in changes.alerts}


def test_roll_up_takes_what_follows_until_its_hour_has_passed() -> None:
    world = World()
    world.terms["root"] = Terms(most=1)
    world.apply(event(finding("SNYK-1"), finding("SNYK-2")))
    world.now += timedelta(minutes=59)
    world.apply(event(finding("SNYK-3"), id_="evt_2"))
    world.now += timedelta(minutes=1)

    later = world.apply(event(finding("SNYK-4"), id_="evt_3"))

    rollups = [alert for alert in world.open() if alert.rollup]
    assert [len(alert.entries) for alert in rollups] == [2]
    assert [alert.rollup for alert in later.alerts] == [False]


def test_findings_in_a_roll_up_are_duplicates_there_and_are_fixed_there() -> None:
    world = World()
    world.terms["root"] = Terms(most=1)
    world.apply(event(finding("SNYK-1"), finding("SNYK-2")))

    again = world.apply(event(finding("SNYK-2"), id_="evt_2"))
    world.apply(event(finding("SNYK-2", "removed"), id_="evt_3"))

    assert reasons(again) == ["duplicate"]
    assert [alert.rollup for alert in world.open()] == [False]


def test_sink_that_the_route_names_by_now_hears_of_an_alert_that_is_joined() -> None:
    world = World(sinks=["slack"], by="project")
    world.apply(event(finding("SNYK-1")))
    world.routes = [("root", ("slack", "siem"))]

    changes = world.apply(event(finding("SNYK-2"), id_="evt_2"))

    assert owed(changes) == [("slack", 2), ("siem", 2)]


def test_sink_that_the_route_names_by_now_hears_of_a_finding_that_is_news_again() -> None:
    world = World(sinks=["slack"])
    world.apply(event(finding()))
    world.routes = [("root", ("slack", "siem"))]

    worse = world.apply(event(finding(severity="critical"), id_="evt_2"))

    assert owed(worse) == [("slack", 2), ("siem", 2)]


def test_sink_that_the_route_names_by_now_hears_nothing_of_a_duplicate() -> None:
    world = World(sinks=["slack"])
    world.apply(event(finding()))
    world.routes = [("root", ("slack", "siem"))]

    changes = world.apply(event(finding(), id_="evt_2"))

    assert (owed(changes), [alert.sinks for alert in world.open()]) == ([], [("slack",)])


def test_fix_follows_an_alert_to_sinks_that_the_route_names_no_more() -> None:
    world = World(sinks=["oncall"])
    world.apply(event(finding()))
    world.routes = []

    changes = world.apply(event(finding(change="removed"), id_="evt_2"))

    assert owed(changes) == [("oncall", 2)]


def test_replayed_event_that_was_overtaken_is_stale_where_no_dates_tell() -> None:
    world = World()
    happened = event(finding(), tested=None)
    world.apply(happened)
    world.apply(event(finding(change="removed"), tested=None, id_="evt_2"))

    changes = world.apply(happened, overtaken=frozenset({key_of(finding(), happened)}))

    assert (owed(changes), reasons(changes)) == ([], ["stale"])


def test_alert_opens_with_the_labels_of_its_route() -> None:
    world = World()

    (alert,) = world.apply(event(finding())).alerts

    assert alert.labels == {"team": "payments"}


def test_findings_that_are_not_at_hand_keep_an_alert_open() -> None:
    world = World(by="project")
    world.apply(event(finding("SNYK-1")))
    (alert,) = world.open()
    world.alerts[alert.id] = replace(alert, beyond=Beyond(open=3000))

    (after,) = world.apply(event(finding("SNYK-1", "removed"), id_="evt_2")).alerts

    assert (after.status, after.open_entries) == ("open", ())
