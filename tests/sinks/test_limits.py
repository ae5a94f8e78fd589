from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.codec import encode
from gateway.sinks.limits import Limits, fit_document, fit_text


def limits(**said: Any) -> Limits:
    return Limits.model_validate(said)


def fitted(document: Any, said: Limits, format_: str = "json") -> tuple[Any, list[str]]:
    faults = fit_document(document, said, format_)
    return document, faults


def test_what_fits_stays_as_it_is() -> None:
    said = limits(bytes=100, texts={"a": 3}, items={"b": 2}, sums=[{"of": ["a"], "most": 3}])

    assert fitted({"a": "abc", "b": [1, 2]}, said) == ({"a": "abc", "b": [1, 2]}, [])


@pytest.mark.parametrize(
    ("format_", "text", "expected"),
    [
        ("json", "abcdef", "abcd…"),
        ("card", "abc\\*def", "abc…"),
        ("card", "ab\\\\\\*", "ab\\\\…"),
        ("card", "abc\\\\d", "abc…"),
        ("gchat", "abc&amp;", "abc…"),
        ("gchat", "ab<b>c</b>", "ab…"),
        ("gchat", "a<b>cd", "a<b>…"),
        ("slack", "abc&amp;", "abc…"),
    ],
)
def test_a_text_is_cut_beside_what_must_stay_whole(format_: str, text: str, expected: str) -> None:
    document, faults = fitted({"a": text}, limits(texts={"a": 5}), format_)

    assert document == {"a": expected}
    assert faults == [f"a has {len(text)} characters, the service takes 5"]


def test_lists_lose_their_last_items_first() -> None:
    said = limits(items={"a": 2, "a[*].b": 1}, texts={"a[*].b[*]": 1})

    document, faults = fitted({"a": [{"b": ["x", "yy"]}, {"b": ["z"]}, {"b": ["zz"]}]}, said)

    assert document == {"a": [{"b": ["x"]}, {"b": ["z"]}]}
    assert faults == ["3 items in a, the service takes 2", "2 items in a[*].b, the service takes 1"]


def test_of_several_texts_the_longest_are_cut() -> None:
    said = limits(sums=[{"of": ["a", "b[*]"], "most": 20}])

    document, faults = fitted({"a": "short", "b": ["x" * 30, "y" * 9]}, said)

    assert document == {"a": "short", "b": ["x" * 6 + "…", "y" * 6 + "…"]}
    assert faults == ["a, b[*] together has 44 characters, the service takes 20"]


def test_what_is_no_text_or_list_is_left_alone() -> None:
    said = limits(texts={"a": 1, "b": 1}, items={"a": 1, "c": 1}, sums=[{"of": ["a"], "most": 1}])

    assert fitted({"a": 12, "b": None, "c": {"d": 1}}, said)[1] == []


@given(
    texts=st.lists(st.text(max_size=60), max_size=8),
    total=st.integers(10, 100),
    size=st.integers(60, 400),
    format_=st.sampled_from(["json", "card", "gchat", "slack"]),
)
def test_whatever_comes_fits_in_the_end(
    texts: list[str], total: int, size: int, format_: str
) -> None:
    said = limits(
        bytes=size, texts={"t[*]": 40}, items={"t": 5}, sums=[{"of": ["t[*]"], "most": total}]
    )

    document, _ = fitted({"t": list(texts)}, said, format_)

    assert len(encode(document)) <= size
    assert sum(map(len, document["t"])) <= total
    assert fit_document(document, said, format_) == []


@pytest.mark.parametrize(
    ("format_", "text", "said", "expected"),
    [
        ("txt", "abcdef", {"characters": 5}, "abcd…"),
        ("txt", "ééé", {"bytes": 6}, "ééé"),
        ("txt", "éééé", {"bytes": 6}, "é…"),
        ("md", "abc\\*def", {"characters": 5}, "abc…"),
        ("md", "abc\\*def", {"bytes": 7}, "abc…"),
    ],
)
def test_a_body_that_is_text_is_cut_at_its_end(
    format_: str, text: str, said: dict[str, int], expected: str
) -> None:
    cut, faults = fit_text(text, limits(**said), format_)

    assert cut == expected
    assert len(faults) == (text != expected)


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"bytes": 0}, "greater than or equal to 1"),
        ({"texts": {"a..b": 1}}, "not a path"),
        ({"texts": {"a": "many"}}, "integer"),
        ({"sums": [{"of": [], "most": 1}]}, "at least 1"),
        ({"words": 1}, "Extra inputs"),
    ],
)
def test_wrong_limits_are_problems(said: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        limits(**said)
