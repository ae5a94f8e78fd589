import pytest

from bench.goal import Goal, row
from bench.result import Figure, Spread


@pytest.mark.parametrize(
    ("goal", "figure", "verdict"),
    [
        ("ratio >= 0.75", 0.75, "met"),
        ("ratio >= 0.75", 0.74, "missed"),
        ("ratio >= 0.75", Spread(0.8, 0.5, 0.9), "met"),
        ("ratio <= 2", 2.1, "missed"),
        ("ratio <= 2", "-", "no verdict"),
    ],
)
def test_a_goal_is_judged_by_the_median(goal: str, figure: Figure, verdict: str) -> None:
    judged = row("it", {"ratio": figure}, goal)

    assert (judged.goal, judged.verdict) == (goal, verdict)


def test_a_bound_may_be_large() -> None:
    assert Goal.of("µs/finding <= 5,000") == Goal("µs/finding", at_least=False, bound=5000)


def test_other_words_are_no_bound() -> None:
    assert Goal.of("as fast as possible") is None
    with pytest.raises(ValueError, match="as fast"):
        row("it", {}, "as fast as possible")
