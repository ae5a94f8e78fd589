import pytest

from gateway.cli.send_test import sentence
from gateway.model.exchange import Delivered, Outcome, Refused, TryAgain


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Delivered(), "delivered"),
        (Delivered(status=200, detail="ok"), "delivered, status 200: ok"),
        (
            TryAgain(reason="timeout"),
            "did not work now (timeout); in service it would be tried again",
        ),
        (
            Refused(reason="unauthorised", status=401, detail="bad key"),
            "refused (unauthorised); in service it would be dead, status 401: bad key",
        ),
    ],
)
def test_the_outcome_is_told_in_words(outcome: Outcome, said: str) -> None:
    assert sentence(outcome) == said
