from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.codec import decode
from gateway.model.delivery import Action
from gateway.rendering.bounds import Bounds
from gateway.rendering.rendering import Renderer
from tests.rendering.conftest import finding, notice

VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner),
)


def within(value: Any, bounds: Bounds) -> bool:
    if isinstance(value, str):
        return len(value) <= bounds.text
    if isinstance(value, dict):
        inside = [*value, *value.values()]
        return len(value) <= bounds.items and all(within(each, bounds) for each in inside)
    if isinstance(value, list):
        return len(value) <= bounds.items and all(within(each, bounds) for each in value)
    return not isinstance(value, tuple)


@settings(max_examples=100)
@given(VALUES)
def test_everything_is_within_the_bounds_however_deep(value: Any) -> None:
    bounds = Bounds(text=3, items=2)

    assert within(bounds.capped(value), bounds)


def test_whole_numbers_are_whole() -> None:
    assert repr(Bounds().capped([7.0, 7.5, True, None])) == "[7, 7.5, True, None]"


@pytest.mark.parametrize("type_", ["slack", "opsgenie", "http"])
@pytest.mark.parametrize("action", ["create", "update", "close"])
def test_plain_message_goes_out_however_much_snyk_says(type_: str, action: Action) -> None:
    long = "<" * 20_000
    texts = tuple(f"{number}{long}" for number in range(25))
    huge = finding(title=long, package=long, description=long, exploit=long, language=long,
                   versions=texts, cve=texts, cwe=texts, ghsa=texts, fixed_in=texts)  # fmt: skip
    tags = tuple((text, text) for text in texts)
    said = notice(action, findings=[huge] * 25, fixed=[huge] * 25, name=long, tags=tags,
                  criticality=texts, environment=texts, lifecycle=texts)  # fmt: skip

    form = "slack" if type_ == "slack" else "json"
    made = Renderer(None).render(said, sink="a", type=type_, format=form, template=None)

    assert decode(made.body)
    assert made.failed is None
