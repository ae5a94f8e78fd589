import pytest

from bench.result import Spread, percentile, shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0012345, "0.0012"),
        (0.0699, "0.070"),
        (0.7512, "0.75"),
        (3.14159, "3.14"),
        (12.34, "12.3"),
        (4_620.4, "4,620"),
        (7.0, "7"),
        (0, "0"),
    ],
)
def test_a_figure_has_as_many_digits_as_are_of_use(value: float, text: str) -> None:
    assert shown(value) == text


@pytest.mark.parametrize(
    ("share", "figure"), [(0.5, 50.0), (0.95, 95.0), (0.99, 99.0), (1.0, 100.0), (0.0, 1.0)]
)
def test_a_percentile_is_one_of_the_figures(share: float, figure: float) -> None:
    figures = [float(each) for each in range(100, 0, -1)]

    assert percentile(figures, share) == figure


def test_a_spread_is_median_and_ends() -> None:
    spread = Spread.of([3.0, 1.0, 8.0])

    assert (spread.median, spread.least, spread.most) == (3.0, 1.0, 8.0)
    assert str(spread) == "3 (1 to 8)"


def test_one_run_has_no_spread() -> None:
    assert str(Spread.of([0.5])) == "0.50"
