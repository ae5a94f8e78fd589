from typing import Any

import pytest

from gateway.routing.problems import (
    Flaw,
    intervals_used,
    paging_warnings,
    problems,
    sinks_used,
    templates_used,
)
from gateway.routing.settings import RootSettings


def root(*routes: dict[str, Any], **more: Any) -> RootSettings:
    return RootSettings.model_validate({"sinks": ["chat"], "routes": list(routes), **more})


def test_a_sound_tree_has_no_problems() -> None:
    sound = root(
        {"name": "a", "matchers": ["severity = high"]},
        {"name": "b", "matchers": ["severity = low"], "routes": [{"name": "c"}]},
        {"name": "d"},
    )

    assert problems(sound) == []


def test_a_name_stands_once_in_the_whole_tree() -> None:
    doubled = root(
        {"name": "a", "matchers": ["severity = high"], "routes": [{"name": "root"}]},
        {"name": "a"},
    )

    assert problems(doubled) == [
        Flaw(("routes", 0, "routes", 0, "name"), "a second route is called 'root'"),
        Flaw(("routes", 1, "name"), "a second route is called 'a'"),
    ]


def test_a_route_behind_one_that_takes_everything_is_unreachable() -> None:
    [flaw] = problems(root({"name": "a"}, {"name": "b", "matchers": ["severity = high"]}))

    assert flaw.loc == ("routes", 1)
    assert flaw.text == "unreachable: 'a' before it has no matchers and no `continue: true`"
    assert flaw.level == "problem"


def test_a_route_behind_one_with_the_same_matchers_is_unreachable() -> None:
    first, second = "severity >= high", "type = vuln"
    nested = {
        "name": "top",
        "routes": [
            {"name": "a", "matchers": [first, second]},
            {"name": "b", "matchers": [first]},
            {"name": "c", "matchers": [second, 'severity >= "high"']},
        ],
    }

    [flaw] = problems(root(nested))

    assert flaw.loc == ("routes", 0, "routes", 2)
    assert "'a' before it has the same matchers" in flaw.text


def test_a_route_behind_one_that_continues_is_reached() -> None:
    assert problems(root({"name": "a", "continue": True}, {"name": "b"})) == []


def test_a_doubtful_matcher_is_a_warning() -> None:
    [flaw] = problems(root({"name": "a", "matchers": ["severity = low", "type = vulnn"]}))

    assert flaw.loc == ("routes", 0, "matchers", 1)
    assert flaw.level == "warning"


def test_a_root_without_sinks_is_a_warning_unless_it_means_it() -> None:
    assert [flaw.level for flaw in problems(RootSettings())] == ["warning"]
    assert problems(root(sinks=[])) == []


def test_every_sink_and_template_is_told_with_its_place() -> None:
    tree = root({"name": "a", "sinks": ["chat", "pager"], "template": "page"}, template="plain")

    assert sinks_used(tree) == [
        (("sinks", 0), "chat"),
        (("routes", 0, "sinks", 0), "chat"),
        (("routes", 0, "sinks", 1), "pager"),
    ]
    assert templates_used(tree) == [(("template",), "plain"), (("routes", 0, "template"), "page")]


def test_a_route_of_the_other_kind_takes_nothing_away() -> None:
    both = root(
        {"name": "a", "deliver": "events"}, {"name": "b"}, {"name": "c", "deliver": "events"}
    )

    assert [flaw.loc for flaw in problems(both)] == [("routes", 2)]


def test_when_is_part_of_what_a_route_asks() -> None:
    apart = root({"name": "a", "when": "fixable"}, {"name": "b", "when": "ignored"}, {"name": "c"})
    same = root({"name": "a", "when": "fixable"}, {"name": "b", "when": "fixable"})

    assert problems(apart) == []
    assert [flaw.loc for flaw in problems(same)] == [("routes", 1)]


def test_a_route_behind_one_that_lets_go_outside_its_hours_is_reached() -> None:
    day = {"name": "a", "outside": "next", "active_time_intervals": ["day"]}

    assert problems(root(day, {"name": "b"})) == []


@pytest.mark.parametrize(
    "route",
    [
        {"name": "a", "deliver": "events", "matchers": ["severity = high"]},
        {"name": "a", "deliver": "events", "when": "fixable"},
        {"name": "a", "deliver": "events", "when": "raw.finding.issueType == 'vuln'"},
        {"name": "a", "matchers": ["new_count > 3"]},
        {"name": "a", "when": "max_severity == 'high'"},
    ],
)
def test_a_field_that_is_not_there_is_a_problem(route: dict[str, Any]) -> None:
    [flaw] = problems(root(route))

    assert flaw.level == "problem"
    assert flaw.loc[:2] == ("routes", 0)


def test_the_kind_is_inherited() -> None:
    inner = {"name": "b", "matchers": ["severity = high"]}

    [flaw] = problems(root({"name": "a", "deliver": "events", "routes": [inner]}))

    assert flaw.loc == ("routes", 0, "routes", 0, "matchers", 0)


def test_every_interval_is_told_with_its_place() -> None:
    tree = root({"name": "a", "mute_time_intervals": ["x", "y"]}, active_time_intervals=["z"])

    assert intervals_used(tree) == [
        (("active_time_intervals", 0), "z"),
        (("routes", 0, "mute_time_intervals", 0), "x"),
        (("routes", 0, "mute_time_intervals", 1), "y"),
    ]


@pytest.mark.parametrize(
    ("route", "text"),
    [
        ({}, "joins an open alert pages nobody"),
        ({"group_by": ["finding"], "deliver": "findings"}, "nothing closes it"),
        ({"group_by": ["finding"]}, "active_time_intervals: []"),
    ],
)
def test_somebody_who_may_not_be_paged_is_a_warning(route: dict[str, Any], text: str) -> None:
    above = {"active_time_intervals": ["office"]} if "[]" in text else {}

    [flaw] = paging_warnings(
        root({"name": "page", "sinks": ["oncall"], **route}, **above), frozenset({"oncall"})
    )

    assert (flaw.level, text in flaw.text) == ("warning", True)


def test_a_page_for_each_finding_at_any_time_is_sound() -> None:
    page = {
        "name": "page",
        "sinks": ["oncall"],
        "group_by": ["finding"],
        "active_time_intervals": [],
    }

    assert paging_warnings(root(page, active_time_intervals=["o"]), frozenset({"oncall"})) == []


BY_THE_CLOCK = {"active_time_intervals": ["day"]}
SHIFTS = [{"name": "d", **BY_THE_CLOCK}, {"name": "n", "mute_time_intervals": ["day"]}]
TEAM = {"name": "team", "outside": "next", "routes": [SHIFTS[0], {"name": "n", **BY_THE_CLOCK}]}


@pytest.mark.parametrize("above", [{"outside": "next", "routes": SHIFTS}, {"routes": [TEAM]}])
def test_a_route_that_inherits_outside_next_lets_go(above: dict[str, Any]) -> None:
    tree = RootSettings.model_validate({"sinks": ["chat"], **above})

    assert problems(tree) == []


def test_outside_next_without_any_hours_lets_nothing_go() -> None:
    always = {"name": "a", "outside": "next"}
    lifted = {"name": "a", "active_time_intervals": []}

    [flaw] = problems(root(always, {"name": "b"}))
    [same] = problems(root({"name": "t", **BY_THE_CLOCK, "outside": "next", "routes": [
        lifted, {"name": "b"},
    ]}))  # fmt: skip

    assert (flaw.loc, same.loc) == (("routes", 1), ("routes", 0, "routes", 1))


def test_a_root_that_lets_go_by_the_clock_would_tell_nobody() -> None:
    [flaw] = problems(root(outside="next", **BY_THE_CLOCK))

    assert (flaw.loc, flaw.level) == (("outside",), "problem")


def test_a_route_that_both_kinds_walk_through_may_ask_for_fields_of_either() -> None:
    deep = {"name": "b", "routes": [{"name": "c", "deliver": "events"}]}

    assert problems(root({"name": "a", "matchers": ["new_count > 3"], "routes": [deep]})) == []


@pytest.mark.parametrize(
    ("above", "own"),
    [
        ({"team": "payments"}, {"team": "{{ labels.team }}-eu"}),
        ({}, {"key": "{{ labels.team }}", "team": "payments"}),
        ({"key": "x", "team": "y"}, {"key": "{{ labels.team }}"}),
    ],
)
def test_a_label_that_reads_one_worked_out_later_is_a_problem(
    above: dict[str, str], own: dict[str, str]
) -> None:
    [flaw] = problems(root({"name": "a", "labels": own}, labels=above))

    assert flaw.loc[:3] == ("routes", 0, "labels")
    assert flaw.text.startswith("labels.team is still empty here")


def test_a_label_may_read_those_before_it() -> None:
    own = {"key": "{{ labels.team }}", "twice": "{{ labels.key }}"}

    assert problems(root({"name": "a", "labels": own}, labels={"team": "payments"})) == []


@pytest.mark.parametrize(
    "when",
    ["labels.get('team') == 'a'", "'team' in labels.keys()", "tables.teams.get(project.name)"],
)
def test_a_method_of_a_mapping_is_no_label(when: str) -> None:
    assert problems(root({"name": "a", "when": when}, labels={"team": "a"}), tables=["teams"]) == []


@pytest.mark.parametrize(
    ("route", "text"),
    [
        ({"when": "labels.taem == 'a'"}, "did you mean 'team'"),
        ({"group_by": ["labels.taem"]}, "did you mean 'team'"),
        ({"when": "tables.temas.a"}, "did you mean 'teams'"),
    ],
)
def test_a_label_or_table_that_nobody_has_is_a_problem(route: dict[str, Any], text: str) -> None:
    [flaw] = problems(root({"name": "a", **route}, labels={"team": "a"}), tables=["teams"])

    assert (flaw.level, text in flaw.text) == ("problem", True)
