from typing import Any

import pytest

from gateway.sinks.jsonpath import places, steps, values

DOCUMENT = {"a": {"b c": [1, {"d": 2}, {"d": 3}], "e": None}, "f": [[4, 5], [6]]}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a.b c[0]", [1]),
        ("a.b c[*].d", [2, 3]),
        ("a.e", [None]),
        ("f[*][*]", [4, 5, 6]),
        ("f[1][0]", [6]),
        ("a.nothing", []),
        ("f[9]", []),
        ("f.a", []),
        ("a[0]", []),
        ("a.e.x", []),
    ],
)
def test_a_path_leads_to_what_stands_there(path: str, found: list[Any]) -> None:
    assert values(DOCUMENT, path) == found


def test_a_place_can_be_written_to() -> None:
    document: Any = {"a": [{"b": "long"}, {"b": "longer"}]}

    for holder, key in places(document, "a[*].b"):
        holder[key] = holder[key][:2]

    assert document == {"a": [{"b": "lo"}, {"b": "lo"}]}


@pytest.mark.parametrize("text", ["", ".", "a.", ".a", "a..b", "a[", "a[x]", "a[]b", "a[-1]", "a]"])
def test_anything_else_is_no_path(text: str) -> None:
    assert steps(text) == ()
