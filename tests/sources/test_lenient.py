from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.sources.lenient import (
    LONGEST_ID,
    LONGEST_TEXT,
    cleaned,
    identifier,
    mapping,
    moment,
    number,
    pairs,
    text,
    texts,
    truth,
)

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(value=JSON)
def test_no_reader_fails_whatever_it_is_given(value: Any) -> None:
    mapping(value)
    text(value)
    texts(value)
    identifier(value)
    number(value)
    truth(value)
    moment(value)
    list(pairs(value))
    cleaned(value)


@settings(deadline=None)
@given(value=JSON)
def test_what_is_read_is_bounded_and_free_of_nul(value: Any) -> None:
    assert "\0" not in text(value)
    assert "\0" not in identifier(value)
    assert len(text(value)) <= LONGEST_TEXT
    assert len(identifier(value)) <= LONGEST_ID


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("as it is", "as it is"),
        ("nul\0free", "nulfree"),
        (7, "7"),
        (7.5, "7.5"),
        (True, "true"),
        (None, ""),
        ([], ""),
        ({}, ""),
    ],
)
def test_text(value: Any, read: str) -> None:
    assert text(value) == read


def test_a_long_text_is_cut_and_says_so() -> None:
    assert text("x" * 10_001) == "x" * 9_999 + "…"


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (["1.0", "1.0", "2.0"], ("1.0", "2.0")),
        (["", None, 3, {}], ("3",)),
        ("1.0", ("1.0",)),
        (None, ()),
        ({"a": 1}, ()),
    ],
)
def test_texts(value: Any, read: tuple[str, ...]) -> None:
    assert texts(value) == read


@pytest.mark.parametrize(
    ("value", "read"),
    [("an id", "an id"), (4711, "4711"), (True, ""), (1.5, ""), (None, ""), ([], ""), ("\0", "")],
)
def test_identifier(value: Any, read: str) -> None:
    assert identifier(value) == read


def test_long_ids_that_differ_at_their_end_stay_apart() -> None:
    one, other = identifier("x" * 2000 + "a"), identifier("x" * 2000 + "b")

    assert one != other
    assert len(one) == len(other) == LONGEST_ID
    assert identifier("x" * 2000 + "a") == one


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (7, 7.0),
        (0, 0.0),
        ("7.5", 7.5),
        ("high", None),
        ("nan", None),
        ("1e999", None),
        (10**400, None),
        (True, None),
        (None, None),
        ([7], None),
    ],
)
def test_number(value: Any, read: float | None) -> None:
    assert number(value) == read


@pytest.mark.parametrize(
    ("value", "read"),
    [(True, True), ("True", True), (False, False), ("no", False), (1, False), (None, False)],
)
def test_truth(value: Any, *, read: bool) -> None:
    assert truth(value) is read


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("2026-11-20T05:12:44Z", datetime(2026, 11, 20, 5, 12, 44, tzinfo=UTC)),
        ("2026-11-20T05:12:44.901Z", datetime(2026, 11, 20, 5, 12, 44, 901_000, tzinfo=UTC)),
        ("2026-11-20T05:12:44.901234Z", datetime(2026, 11, 20, 5, 12, 44, 901_234, tzinfo=UTC)),
        ("2026-11-20T05:12:44+02:00", datetime(2026, 11, 20, 3, 12, 44, tzinfo=UTC)),
        ("2026-11-20T05:12:44", datetime(2026, 11, 20, 5, 12, 44, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        (1_763_615_564, None),
        (None, None),
    ],
)
def test_moment(value: Any, read: datetime | None) -> None:
    assert moment(value) == read


def test_nothing_in_a_cleaned_value_holds_nul() -> None:
    assert cleaned({"a\0": ["b\0", {"c": 1, "d": None}]}) == {"a": ["b", {"c": 1, "d": None}]}


def test_what_was_clean_is_no_copy() -> None:
    clean = {"a": ["é", {"b": "ü"}]}
    value = {"clean": clean, "c\0": "d"}

    made = cleaned(value)

    assert made == {"clean": clean, "c": "d"}
    assert made["clean"] is clean
    assert cleaned(clean) is clean


def test_a_surrogate_is_replaced_where_nothing_else_was_wrong() -> None:
    assert cleaned(["\ud800", "é"]) == ["?", "é"]


def test_keys_that_are_the_same_once_cleaned_leave_one() -> None:
    assert cleaned({"a": 1, "a\0": 2}) == {"a": 2}
