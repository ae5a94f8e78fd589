from typing import Any

import pytest

from gateway.store.digest import digest


def test_the_same_rows_have_the_same_digest() -> None:
    rows = [(1, "a", b"b", None, True, 0.5), (2, "", b"", None, False, -0.0)]

    assert digest(rows) == digest(list(rows))
    assert digest(rows).rows == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([(1,)], [(True,)]),
        ([(1,)], [("1",)]),
        ([(1,)], [(1.0,)]),
        ([("a",)], [(b"a",)]),
        ([("",)], [(None,)]),
        ([("ab", "c")], [("a", "bc")]),
        ([("a", "b")], [("a",), ("b",)]),
        ([(1,), (2,)], [(2,), (1,)]),
        ([(1, 23)], [(12, 3)]),
        ([], [()]),
        ([("é",)], [("e\u0301",)]),
    ],
)
def test_other_rows_have_another(one: Any, other: Any) -> None:
    assert digest(one).sha256 != digest(other).sha256


def test_a_zero_has_no_sign() -> None:
    assert digest([(0.0,)]) == digest([(-0.0,)])


def test_what_no_column_holds_is_an_error() -> None:
    with pytest.raises(TypeError, match="no column holds a list"):
        digest([([],)])
