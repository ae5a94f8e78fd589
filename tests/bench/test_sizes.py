import pytest

from bench.result import Spread
from bench.sizes import Size, cost, times


@pytest.mark.parametrize(
    ("findings", "often"), [(10, 20), (100, 20), (1_000, 10), (5_000, 2), (50_000, 1)]
)
def test_small_events_are_sent_more_often(findings: int, often: int) -> None:
    assert times(findings, 10_000) == often


def test_what_an_event_costs_anyway_is_no_part_of_a_findings_cost() -> None:
    small, large = (
        Size(findings, Spread.of([1.0]), idle=100, peak=110, cpu=cpu)
        for findings, cpu in ((10, 0.060), (110, 0.160))
    )

    assert cost(large, small) == pytest.approx(1.0)
