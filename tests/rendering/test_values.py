from typing import Any

import pytest

from gateway.errors import TemplateError
from gateway.rendering.bounds import Bounds
from gateway.rendering.context import names
from gateway.rendering.values import Values, Worked
from tests.rendering.conftest import finding, notice


def worked(settings: dict[str, Any], **changes: Any) -> Worked:
    said = notice(findings=[finding(severity="critical")], **changes)
    known = names(said, Bounds(), sink={"name": "a", "type": "b"})
    return Values().work_out(settings, lambda: known)


def test_expressions_are_worked_out_wherever_they_stand() -> None:
    made = worked(
        {
            "priority": "{{ 'P1' if alert.worst.severity == 'critical' else 'P3' }}",
            "tags": ["snyk", "{{ project.tags.env }}", "{{ project.tags.nope }}"],
            "details": {"project": "{{ project.name }}"},
            "number": 3,
        }
    )

    assert made == Worked(
        {
            "priority": "P1",
            "tags": ["snyk", "prod", ""],
            "details": {"project": "acme/shop:package.json"},
            "number": 3,
        }
    )


def test_setting_that_fails_is_left_out_and_named() -> None:
    made = worked({"priority": "{{ nope }}", "tags": ["{{ route }}"]})

    assert made.values == {"tags": ["everything"]}
    assert made.failed == "priority: 'nope' is undefined"


def test_expression_in_a_url_is_one_segment() -> None:
    made = worked(
        {"url": "https://siem.example/a/{{ project.name }}?b={{ route }}"}, name="x/../?&"
    )

    assert made.values["url"] == "https://siem.example/a/x%2F..%2F%3F%26?b=everything"


@pytest.mark.parametrize("name", ["..", "."])
def test_segment_that_would_climb_is_an_error(name: str) -> None:
    with pytest.raises(TemplateError, match=r"url: a segment would be"):
        worked({"url": "https://siem.example/a/{{ project.name }}/b"}, name=name)


@pytest.mark.parametrize(
    ("key", "setting"),
    [
        ("url", "https://siem.example/{{ nope }}"),
        ("query", {"a": "{{ nope }}"}),
        ("headers", {"X-A": "{{ nope }}"}),
        ("always", {"a": ["{{ nope }}"]}),
    ],
)
def test_what_has_no_default_is_an_error_where_it_fails(key: str, setting: Any) -> None:
    with pytest.raises(TemplateError, match=f"{key}: 'nope' is undefined"):
        worked({key: setting})


def test_value_is_never_an_expression() -> None:
    assert worked({"a": "{{ project.name }}"}, name="{{ 7*7 }}").values == {"a": "{{ 7*7 }}"}


def test_broken_expression_does_not_compile() -> None:
    with pytest.raises(TemplateError):
        Values().compiles("{{ a")
