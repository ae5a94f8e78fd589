import pytest

from gateway.model.breaker import Health
from gateway.model.exchange import Delivered, Outcome, Recorded, Refused, TryAgain
from gateway.pipeline.health import health_of


@pytest.mark.parametrize(
    ("outcome", "health"),
    [
        (Delivered(), "well"),
        (Recorded(detail=""), None),
        (Refused(reason="bad_request"), "well"),
        (Refused(reason="unauthorised", endpoint=True), "refused"),
        (Refused(reason="template_failed"), None),
        (TryAgain(reason="server_error"), "ill"),
        (TryAgain(reason="timeout", ambiguous=True), "ill"),
        (TryAgain(reason="rate_limited"), None),
        (TryAgain(reason="server_error", retry_after=2.0), None),
        (TryAgain(reason="unexpected"), None),
    ],
)
def test_an_outcome_says_how_its_sink_is(outcome: Outcome, health: Health | None) -> None:
    assert health_of(outcome) == health
