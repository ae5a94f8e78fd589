import pytest

from gateway.cli.send_test import sentence
from gateway.model.exchange import Delivered, Outcome, Recorded, Refused, TryAgain


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Delivered(), "delivered"),
        (Delivered(status=200, detail="ok"), "delivered, status 200: ok"),
        (
            Recorded(detail="POST https://x/"),
            "recorded, not sent (mode: record): POST https://x/",
        ),
        (
            TryAgain(reason="timeout"),
            "did not work now (timeout); in service it would be tried again",
        ),
        (
            Refused(reason="bad_request", status=400, detail="no text"),
            "refused (bad_request); in service it would be dead, status 400: no text",
        ),
        (
            Refused(reason="unauthorised", status=401, detail="no", endpoint=True),
            "refused (unauthorised); in service whatever is owed to it would wait, status 401: no",
        ),
    ],
)
def test_the_outcome_is_told_in_words(outcome: Outcome, said: str) -> None:
    assert sentence(outcome) == said
