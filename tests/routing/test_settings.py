from typing import Any

import pytest
from pydantic import ValidationError

from gateway.routing.settings import RootSettings


def flaws(**root: Any) -> list[tuple[tuple[int | str, ...], str]]:
    with pytest.raises(ValidationError) as caught:
        RootSettings.model_validate(root)
    return [(error["loc"], error["msg"]) for error in caught.value.errors()]


def test_the_example_of_the_design_is_read() -> None:
    root = RootSettings.model_validate(
        {
            "sinks": ["security-slack"],
            "group_by": ["event"],
            "routes": [
                {
                    "name": "page",
                    "matchers": ['severity >= "critical"', 'project.tags.env = "prod"'],
                    "sinks": ["oncall", "security-slack"],
                    "group_by": ["finding"],
                    "continue": True,
                },
                {"name": "licences", "matchers": ['type = "license"'], "template": "legal"},
            ],
        }
    )

    page, licences = root.routes
    assert str(page.matchers[0]) == 'severity >= "critical"'
    assert page.continues
    assert (licences.sinks, licences.group_by, licences.template) == (None, None, "legal")


def test_a_bad_matcher_is_a_problem_at_its_place() -> None:
    [(loc, text)] = flaws(routes=[{"name": "a", "matchers": ["type = vuln", "sevrity = high"]}])

    assert loc == ("routes", 0, "matchers", 1)
    assert text == "no field is called 'sevrity' (did you mean 'severity'?)"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("when", "x"),
        ("labels", {"team": "a"}),
        ("deliver", "events"),
        ("group_wait", "5m"),
        ("group_interval", "5m"),
        ("repeat_interval", "4h"),
        ("max_findings", 5),
        ("max_alerts", "50/1h"),
        ("active_time_intervals", ["office"]),
        ("mute_time_intervals", ["office"]),
        ("outside", "drop"),
    ],
)
def test_what_comes_later_is_not_supported_yet(key: str, value: object) -> None:
    assert flaws(routes=[{"name": "a", key: value}]) == [(("routes", 0, key), "not supported yet")]


def test_an_included_file_is_not_supported_yet_and_needs_no_name() -> None:
    assert flaws(routes=[{"include": "routes/payments.yaml"}]) == [
        (("routes", 0, "include"), "not supported yet")
    ]


@pytest.mark.parametrize("key", ["matchers", "continue", "when"])
def test_the_root_takes_everything(key: str) -> None:
    [(loc, text)] = flaws(**{key: True})

    assert loc == (key,)
    assert text.startswith("not on the root")


def test_the_root_is_called_root() -> None:
    assert RootSettings().name == "root"
    assert [loc for loc, _text in flaws(name="top")] == [("name",)]


def test_every_other_route_has_a_name() -> None:
    assert [loc for loc, _text in flaws(routes=[{"sinks": []}])] == [("routes", 0, "name")]


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("cve", "not supported yet"),
        ("project.tags.team", "not supported yet"),
        ("projct", "cannot group by 'projct' (did you mean 'project'?)"),
        ("nothing", "cannot group by 'nothing'"),
    ],
)
def test_a_group_key_is_one_of_four(word: str, text: str) -> None:
    [(loc, said)] = flaws(group_by=["event", word])

    assert loc == ("group_by", 1)
    assert said.startswith(text)


@pytest.mark.parametrize("key", ["sinks", "group_by"])
def test_nothing_stands_twice_in_a_list(key: str) -> None:
    assert flaws(**{key: ["event", "event"]}) == [((key,), "'event' stands twice")]


def test_an_unknown_key_is_a_problem() -> None:
    assert [loc for loc, _text in flaws(routes=[{"name": "a", "receiver": "b"}])] == [
        ("routes", 0, "receiver")
    ]


def test_the_schema_shows_what_can_be_written() -> None:
    schema = RootSettings.model_json_schema()

    route = schema["$defs"]["RouteSettings"]
    assert {"name", "matchers", "continue", "sinks", "group_by", "template", "routes"} == set(
        route["properties"]
    )
    assert {"name", "sinks", "group_by", "template", "routes"} == set(schema["properties"])
