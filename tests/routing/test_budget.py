from typing import Any

import pytest

from gateway.routing.budget import Budget, parse


@pytest.mark.parametrize(
    ("text", "budget"),
    [("50/1h", Budget(50, 3600)), ("5 / 90s", Budget(5, 90)), ("1/1d", Budget(1, 86400))],
)
def test_a_budget_is_so_many_in_so_long(text: str, budget: Budget) -> None:
    assert parse(text) == budget


@pytest.mark.parametrize("text", ["50", "0/1h", "50/", "x/1h", "50/0s", "50/soon", 50, None])
def test_anything_else_is_a_problem(text: Any) -> None:
    with pytest.raises(ValueError, match=r"not a (budget|duration)"):
        parse(text)


@pytest.mark.parametrize("text", ["50/1h", "5/90s", "7/24h"])
def test_it_prints_as_it_is_written(text: str) -> None:
    assert str(parse(text)) == text
