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
        ("max_severity", "'max_severity' is a field of events as such"),
        ("labels.", "cannot group by 'labels.'"),
        ("projct", "cannot group by 'projct' (did you mean 'project'?)"),
        ("nothing", "cannot group by 'nothing'"),
    ],
)
def test_a_group_key_is_a_field_or_one_of_four_words(word: str, text: str) -> None:
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

    route, root = schema["$defs"]["RouteSettings"]["properties"], schema["properties"]
    assert {"name", "matchers", "when", "continue", "labels", "max_alerts"} <= route.keys()
    assert {"matchers", "when", "continue"} == route.keys() - root.keys()
