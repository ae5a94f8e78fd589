from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.event import Event, Org, Project
from gateway.model.finding import Finding
from gateway.model.identity import finding_key
from gateway.routing.settings import RootSettings
from gateway.routing.tree import Tree, group

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
    return Tree.build(RootSettings.model_validate(settings))


def route(name: str, *matchers: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "matchers": list(matchers), **more}


def taken(routes: Tree, walker: Finding) -> list[str]:
    return [each.name for each in routes.route(walker, EVENT)]


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

    [noise] = routes.route(finding("low"), EVENT)

    assert (noise.name, noise.sinks) == ("noise", ())


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

    walk = routes.explain(finding(), EVENT)

    assert [(step.route.name, step.matched, step.why) for step in walk.steps] == [
        ("root", True, "no matchers"),
        ("critical", False, 'severity >= "critical": is "high"'),
        ("vuln", True, 'type = "vuln": is "vuln"; project.tags.env = "prod": is "prod"'),
    ]
    assert [each.name for each in walk.taken] == ["vuln"]


@pytest.mark.parametrize(
    ("keys", "values"),
    [
        (["event"], ("evt_1",)),
        (["project", "org"], ("project-1", "org-1")),
        (["finding"], (finding_key("org-1", "project-1", "SNYK-JS-ACME-1", "acme"),)),
        ([], ()),
    ],
)
def test_the_group_is_the_values_of_its_keys(keys: list[str], values: tuple[str, ...]) -> None:
    routes = tree(group_by=keys)

    assert group(routes.root, finding(), EVENT) == values


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

    walk = routes.explain(walker, EVENT)

    assert walk.taken == routes.route(walker, EVENT)
    assert walk.taken
    matched = [step.route for step in walk.steps if step.matched]
    order = [each.name for each in routes.routes()]
    assert [step.route.name for step in walk.steps] == sorted(
        (step.route.name for step in walk.steps), key=order.index
    )
    # Whoever matched took it, or one of those below did.
    assert set(walk.taken) == {
        each for each in matched if not any(child in matched for child in each.routes)
    }


@given(st.lists(nodes, max_size=5), severities, kinds)
def test_a_sibling_after_a_match_is_judged_only_if_that_continues(
    entries: list[dict[str, Any]], severity: str, kind: str
) -> None:
    routes = tree(*named(entries, count()))

    steps = routes.explain(finding(severity, kind), EVENT).steps

    matched = {step.route.name: step.matched for step in steps}
    for each in routes.routes():
        going_on = matched.get(each.name, False)
        for child in each.routes:
            assert (child.name in matched) is going_on
            going_on = going_on and (child.continues or not matched[child.name])
