from typing import Any

from gateway.routing.problems import Flaw, problems, sinks_used, templates_used
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
