from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from gateway.sinks.fallback import Fallback, FallbackText, chain, is_circular

READ: TypeAdapter[Any] = TypeAdapter(FallbackText)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("chat", Fallback(sink="chat")),
        ({"sink": "chat"}, Fallback(sink="chat")),
        ({"sink": "chat", "after": "5m"}, Fallback(sink="chat", after=300.0)),
    ],
)
def test_it_is_a_name_or_a_name_and_a_time(written: object, read: Fallback) -> None:
    assert READ.validate_python(written) == read


@pytest.mark.parametrize("written", [5, {}, {"sink": "a b"}, {"sink": "a", "after": "soon"}])
def test_anything_else_is_a_problem(written: object) -> None:
    with pytest.raises(ValidationError):
        READ.validate_python(written)


@pytest.mark.parametrize(
    ("fallbacks", "expected", "circular"),
    [
        ({}, [], False),
        ({"a": "b"}, ["b"], False),
        ({"a": "b", "b": "c"}, ["b", "c"], False),
        ({"a": "a"}, [], True),
        ({"a": "b", "b": "a"}, ["b"], True),
        ({"a": "b", "b": "c", "c": "b"}, ["b", "c"], False),  # b and c are circular, a is not
    ],
)
def test_a_fallback_may_have_one_of_its_own(
    fallbacks: dict[str, str], expected: list[str], *, circular: bool
) -> None:
    assert list(chain("a", fallbacks)) == expected
    assert is_circular("a", fallbacks) is circular
