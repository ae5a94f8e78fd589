from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.event import Event, Org, Project
from gateway.model.finding import Finding
from gateway.model.identity import finding_key
from gateway.routing.fields import Subject
from gateway.routing.intervals import Interval, IntervalSettings
from gateway.routing.settings import RootSettings
from gateway.routing.tree import Tree, Walk, group

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NIGHT = datetime(2026, 11, 23, 23, tzinfo=UTC)
OFFICE = Interval(
    "office",
    (IntervalSettings.model_validate({"times": [{"start_time": "09:00", "end_time": "17:00"}]}),),
)
EVENT = Event(
    id="evt_1",
    source="snyk",
    type="project_snapshot",
    version="v0",
    received_at=datetime(2026, 11, 23, 10, 0, tzinfo=UTC),
    project=Project(id="project-1", tags=(("env", "prod"),)),
    org=Org(id="org-1"),
)


def finding(severity: str = "high", kind: str = "vuln") -> Finding:
    return Finding(id="SNYK-JS-ACME-1", severity=severity, type=kind, package="acme")


def tree(*routes: dict[str, Any], **root: Any) -> Tree:
    settings = {"sinks": ["chat"], **root, "routes": list(routes)}
    return Tree.build(RootSettings.model_validate(settings), intervals={"office": OFFICE})


def route(name: str, *matchers: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "matchers": list(matchers), **more}


def walk(routes: Tree, walker: Finding | None = None, at: datetime = NOON) -> Walk:
    return routes.walk(Subject(walker, EVENT), at)


def taken(routes: Tree, walker: Finding | None = None, at: datetime = NOON) -> list[str]:
    return [each.route.name for each in walk(routes, walker, at).taken]


def test_the_first_match_in_file_order_takes() -> None:
    routes = tree(route("low", "severity = low"), route("vuln", "type = vuln"), route("rest"))

    assert taken(routes, finding("low")) == ["low"]
    assert taken(routes, finding("high")) == ["vuln"]
    assert taken(routes, finding(kind="license")) == ["rest"]


def test_what_no_child_takes_stays_with_the_parent() -> None:
    routes = tree(route("vuln", "type = vuln", routes=[route("low", "severity = low")]))

    assert taken(routes, finding("low")) == ["low"]
    assert taken(routes, finding("high")) == ["vuln"]
    assert taken(routes, finding(kind="license")) == ["root"]


def test_continue_goes_on_among_the_next_siblings_only() -> None:
    inner = [route("high", "severity = high", **{"continue": True})]
    routes = tree(
        route("vuln", "type = vuln", routes=inner),
        route("prod", "project.tags.env = prod"),
    )
    both = tree(
        route("vuln", "type = vuln", routes=inner, **{"continue": True}),
        route("low", "severity = low"),
        route("prod", "project.tags.env = prod"),
        route("never"),
    )

    assert taken(routes, finding()) == ["high"]
    assert taken(both, finding()) == ["high", "prod"]


def test_a_last_sibling_that_continues_gives_the_parent_no_copy() -> None:
    routes = tree(route("vuln", "type = vuln", **{"continue": True}))

    assert taken(routes, finding()) == ["vuln"]


def test_all_matchers_of_a_route_must_hold() -> None:
    routes = tree(route("both", "severity = high", "type = license"))

    assert taken(routes, finding()) == ["root"]


def test_an_empty_list_of_sinks_takes_and_drops() -> None:
    routes = tree(route("noise", "severity = low", sinks=[]), route("rest"))

    [noise] = walk(routes, finding("low")).taken

    assert (noise.route.name, noise.route.sinks) == ("noise", ())


def test_sinks_group_by_and_template_are_inherited_and_the_rest_is_not() -> None:
    inner = route("inner")
    own = route("own", sinks=["pager"], group_by=["finding"], template="page")
    routes = tree(
        route(
            "outer",
            "type = vuln",
            routes=[inner | {"continue": True}, own],
            group_by=["project"],
            template="outer",
            **{"continue": True},
        )
    )

    by_name = {each.name: each for each in routes.routes()}

    assert list(by_name) == ["root", "outer", "inner", "own"]
    assert by_name["root"].group_by == ("event",)
    assert by_name["inner"].sinks == ("chat",)
    assert by_name["inner"].group_by == ("project",)
    assert by_name["inner"].template == "outer"
    assert by_name["inner"].matchers == ()
    assert by_name["own"].sinks == ("pager",)
    assert by_name["own"].group_by == ("finding",)
    assert by_name["own"].template == "page"
    assert by_name["own"].continues is False
    assert [each.depth for each in by_name.values()] == [0, 1, 2, 2]


def test_explain_tells_every_route_that_was_judged_and_why() -> None:
    routes = tree(
        route("critical", "type = vuln", "severity >= critical", routes=[route("inner")]),
        route("vuln", "type = vuln", "project.tags.env = prod"),
        route("not-reached"),
    )

    walk = routes.explain(Subject(finding(), EVENT), NOON)

    assert [(step.route.name, step.matched, step.why) for step in walk.steps] == [
        ("root", True, "no matchers"),
        ("critical", False, 'severity >= "critical": is "high"'),
        ("vuln", True, 'type = "vuln": is "vuln"; project.tags.env = "prod": is "prod"'),
    ]
    assert [each.route.name for each in walk.taken] == ["vuln"]


@pytest.mark.parametrize(
    ("keys", "values"),
    [
        (["event"], ("evt_1",)),
        (["project", "org"], ("project-1", "org-1")),
        (["finding"], (finding_key("org-1", "project-1", "SNYK-JS-ACME-1", "acme"),)),
        ([], ()),
        (["cve"], ('["CVE-1","CVE-2"]',)),
        (["cwe", "package"], ("CWE-79", "acme")),
        (["ghsa"], ("SNYK-JS-ACME-1",)),
        (["project.tags.env"], ("prod",)),
        (["project.tags.owner"], ("",)),
        (["labels.team"], ("prod-team",)),
        (["labels.nobody"], ("",)),
    ],
)
def test_the_group_is_the_values_of_its_keys(keys: list[str], values: tuple[str, ...]) -> None:
    routes = tree(group_by=keys, labels={"team": "{{ project.tags.env }}-team"})
    walker = Finding(id="SNYK-JS-ACME-1", package="acme", cve=("CVE-2", "CVE-1"), cwe=("CWE-79",))
    subject = Subject(walker, EVENT)

    [only] = routes.walk(subject, NOON).taken

    assert group(only, subject) == values


severities = st.sampled_from(["low", "medium", "high", "critical", "unheard-of", ""])
kinds = st.sampled_from(["vuln", "license", "configuration"])
matchers = st.sampled_from(
    ["severity >= high", "severity = low", "type = vuln", "type != license", 'title = ""', "id = x"]
)
nodes: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.fixed_dictionaries({"matchers": st.lists(matchers, max_size=2), "continue": st.booleans()}),
    lambda inner: st.fixed_dictionaries(
        {
            "matchers": st.lists(matchers, max_size=2),
            "continue": st.booleans(),
            "routes": st.lists(inner, max_size=4),
        }
    ),
    max_leaves=12,
)


def named(entries: list[dict[str, Any]], numbers: Iterator[int]) -> list[dict[str, Any]]:
    return [
        {**entry, "name": f"r{next(numbers)}", "routes": named(entry.get("routes", []), numbers)}
        for entry in entries
    ]


@given(st.lists(nodes, max_size=5), severities, kinds)
def test_routing_and_its_explanation_agree(
    entries: list[dict[str, Any]], severity: str, kind: str
) -> None:
    routes = tree(*named(entries, count()))
    walker = finding(severity, kind)

    subject = Subject(walker, EVENT)

    walk = routes.explain(subject, NOON)

    assert walk.taken == routes.walk(subject, NOON).taken
    assert walk.taken
    matched = [step.route for step in walk.steps if step.matched]
    order = [each.name for each in routes.routes()]
    assert [step.route.name for step in walk.steps] == sorted(
        (step.route.name for step in walk.steps), key=order.index
    )
    # Whoever matched took it, or one of those below did.
    assert {each.route.name for each in walk.taken} == {
        each.name for each in matched if not any(child in matched for child in each.routes)
    }


@given(st.lists(nodes, max_size=5), severities, kinds)
def test_a_sibling_after_a_match_is_judged_only_if_that_continues(
    entries: list[dict[str, Any]], severity: str, kind: str
) -> None:
    routes = tree(*named(entries, count()))

    steps = routes.explain(Subject(finding(severity, kind), EVENT), NOON).steps

    matched = {step.route.name: step.matched for step in steps}
    for each in routes.routes():
        going_on = matched.get(each.name, False)
        for child in each.routes:
            assert (child.name in matched) is going_on
            going_on = going_on and (child.continues or not matched[child.name])


def test_an_event_goes_where_events_are_delivered_and_a_finding_elsewhere() -> None:
    routes = tree(
        route("archive", deliver="events", sinks=["siem"]),
        route("each", "severity = low", deliver="findings"),
    )

    assert taken(routes, None) == ["archive"]
    assert taken(routes, finding("low")) == ["each"]
    assert taken(routes, finding("high")) == ["root"]


def test_nothing_takes_an_event_where_none_are_delivered() -> None:
    assert taken(tree(route("vuln", "type = vuln")), None) == []


def test_a_route_of_the_other_kind_is_walked_through() -> None:
    inner = route("inner", "severity = high", deliver="alerts")
    routes = tree(route("archive", deliver="events", routes=[inner]), route("rest"))

    assert taken(routes, finding("high")) == ["inner"]
    assert taken(routes, finding("low")) == ["rest"]
    assert taken(routes, None) == ["archive"]


def test_fields_of_events_decide_where_an_event_goes() -> None:
    routes = tree(route("tests", "event.type = project_snapshot", deliver="events"))

    assert taken(routes, None) == ["tests"]


def test_when_decides_what_matchers_cannot() -> None:
    either = "project.tags.env == 'staging' or severity >= 'critical'"
    routes = tree(route("either", when=either))

    assert taken(routes, finding("critical")) == ["either"]
    assert taken(routes, finding("high")) == ["root"]


BROKEN = "1 / 0 > 1"


def test_when_that_fails_matches_and_the_others_are_asked_too() -> None:
    routes = tree(route("broken", when=BROKEN), route("vuln", "type = vuln"), route("rest"))

    found = walk(routes, finding())

    assert [each.route.name for each in found.taken] == ["broken", "vuln"]
    assert found.when_errors == ("broken",)
    assert [bool(each.failures) for each in found.taken] == [True, False]
    assert "division by zero" in found.taken[0].failures[0]


@pytest.mark.parametrize("dropping", [{"sinks": []}, {"outside": "drop"}])
def test_when_that_fails_on_a_route_that_drops_does_not_match(dropping: dict[str, Any]) -> None:
    found = walk(tree(route("broken", when=BROKEN, **dropping)), finding())

    assert [each.route.name for each in found.taken] == ["root"]
    assert found.when_errors == ("broken",)
    assert "when of broken: ZeroDivisionError" in found.taken[0].failures[0]


def test_who_took_it_before_a_when_failed_is_not_marked() -> None:
    early = route("early", "type = vuln", **{"continue": True})

    found = walk(tree(early, route("broken", when=BROKEN, sinks=[]), route("rest")), finding())

    assert [(each.route.name, bool(each.failures)) for each in found.taken] == [
        ("early", False),
        ("rest", True),
    ]


def test_labels_are_merged_downwards_and_worked_out() -> None:
    inner = route("inner", labels={"team": "payments", "where": "{{ project.tags.env }}"})
    routes = tree(inner, labels={"team": "{{ project.tags.team or 'default' }}", "by": "snyk"})

    [only] = walk(routes, finding()).taken

    assert only.labels == {"team": "payments", "by": "snyk", "where": "prod"}


def test_labels_see_those_above_and_when_sees_its_own() -> None:
    routes = tree(
        route("prod", labels={"key": "{{ labels.env }}!"}, when="labels.key == 'prod!'"),
        labels={"env": "{{ project.tags.env }}"},
    )

    assert taken(routes, finding()) == ["prod"]


def test_a_label_that_fails_is_empty_and_said_to_have_failed() -> None:
    [only] = walk(tree(labels={"team": "{{ 1 / 0 }}"}), finding()).taken

    assert only.labels == {"team": ""}
    assert "label team of root" in only.failures[0]


def test_tables_answer_in_labels() -> None:
    settings = RootSettings.model_validate(
        {"sinks": ["chat"], "labels": {"channel": "{{ tables.teams[project.tags.env].channel }}"}}
    )
    routes = Tree.build(settings, tables={"teams": {"prod": {"channel": "C0"}}})

    [only] = walk(routes, finding()).taken

    assert only.labels == {"channel": "C0"}


def test_outside_next_lets_the_walk_go_on_as_if_it_had_not_matched() -> None:
    day = route("day", active_time_intervals=["office"], outside="next")
    routes = tree(day, route("night"))

    assert taken(routes, finding(), NOON) == ["day"]
    assert taken(routes, finding(), NIGHT) == ["night"]
    assert walk(routes, finding(), NOON).outside == ()
    assert walk(routes, finding(), NIGHT).outside == ("day",)
    steps = routes.explain(Subject(finding(), EVENT), NIGHT).steps
    assert [step.why for step in steps if step.route.name == "day"] == [
        "outside its hours, and `outside: next`"
    ]


@pytest.mark.parametrize("outside", ["hold", "drop"])
def test_other_routes_take_outside_their_hours_too(outside: str) -> None:
    routes = tree(route("day", active_time_intervals=["office"], outside=outside))

    [only] = walk(routes, finding(), NIGHT).taken

    assert (only.route.name, only.route.window.is_open(NIGHT)) == ("day", False)


def test_windows_are_inherited_and_an_empty_list_lifts_them() -> None:
    routes = tree(
        route("held"),
        route("free", active_time_intervals=[]),
        active_time_intervals=["office"],
    )

    held, free = routes.find("held"), routes.find("free")

    assert held is not None
    assert free is not None
    assert (held.window.is_open(NIGHT), free.window.is_open(NIGHT)) == (False, True)


def test_timers_and_limits_are_inherited() -> None:
    above = {
        "group_wait": "5m",
        "group_interval": "10m",
        "repeat_interval": "4h",
        "max_findings": 5,
        "max_alerts": "10/1h",
        "outside": "drop",
        "deliver": "findings",
    }
    routes = tree(route("below"), route("own", group_wait="0s"), **above)

    below, own = routes.find("below"), routes.find("own")

    assert below is not None
    assert own is not None
    assert (below.group_wait, below.group_interval, below.repeat_interval) == (300, 600, 14400)
    assert (below.max_findings, str(below.max_alerts)) == (5, "10/1h")
    assert (below.outside, below.deliver) == ("drop", "findings")
    assert own.group_wait == 0


@pytest.mark.parametrize("number", [0, 7, 499])
def test_an_index_finds_what_asking_each_route_would(number: int) -> None:
    routes = tree(
        *(route(f"r{each}", f"project.tags.app = app-{each}") for each in range(500)),
        route("prod", "project.tags.env = prod"),
    )
    event = replace(EVENT, project=replace(EVENT.project, tags=(("app", f"app-{number}"),)))

    found = routes.walk(Subject(finding(), event), NOON)

    assert [each.route.name for each in found.taken] == [f"r{number}"]


def test_routes_found_by_an_index_keep_the_order_of_the_file() -> None:
    routes = tree(
        route("all", "severity >= low", **{"continue": True}),
        route("prod", "project.tags.env = prod", **{"continue": True}),
        route("vuln", "type = vuln"),
    )

    assert taken(routes, finding()) == ["all", "prod", "vuln"]
