import pytest

from gateway.model.finding import Finding


@pytest.mark.parametrize("priority", [None, -40.0, 0.0, 990.0, 1e12])
def test_severity_weighs_more_than_any_priority(priority: float | None) -> None:
    high = Finding(id="A", severity="high", priority=priority)

    assert Finding(id="B", severity="medium", priority=1000.0).weight < high.weight
    assert high.weight < Finding(id="C", severity="critical", priority=-1.0).weight
