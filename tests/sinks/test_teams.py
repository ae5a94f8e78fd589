from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from gateway.codec import decode, encode
from gateway.model.exchange import Delivered, Message, Outcome, Refused, Response, TryAgain
from gateway.model.rate import Rate
from gateway.sinks.teams import Teams, TeamsSettings

URL = "https://prod-07.westeurope.logic.azure.example/workflows/made-up?sig=made-up-credential"
CARD = {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock", "text": "1 new"}]}
BODY = encode(CARD).decode()
Make = Callable[..., Message]
Run = Callable[..., tuple[list[Any], Outcome]]


def teams(**settings: Any) -> Teams:
    return Teams("chat", TeamsSettings.model_validate({"type": "teams", "url": URL, **settings}))


def answer(status: int, body: str = "", **headers: str) -> Response:
    return Response(status=status, body=body.encode(), headers=headers)


def test_the_card_is_posted_in_a_message(message: Make, exchange: Run) -> None:
    requests, outcome = exchange(teams(timeout="7s"), message(body=BODY), answer(202))

    assert len(requests) == 1
    assert (requests[0].method, requests[0].url.reveal()) == ("POST", URL)
    assert requests[0].headers == {"Content-Type": "application/json"}
    assert decode(requests[0].body) == {
        "type": "message",
        "attachments": [
            {
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": None,
                "content": CARD,
            }
        ],
    }
    assert requests[0].timeout == 7.0
    assert outcome == Delivered(status=202)


def test_a_card_that_is_too_large_goes_out_small(message: Make, exchange: Run) -> None:
    body = encode({**CARD, "speak": "x" * 30_000}).decode()

    requests, _ = exchange(teams(), message(body=body), answer(202))

    assert b"1 new" in requests[0].body
    assert len(requests[0].body) < 1000
    assert teams().faults(message(body=body))[0].endswith("bytes, Teams takes about 27648")


@pytest.mark.parametrize(
    ("status", "text", "expected"),
    [
        (400, "TriggerInputSchemaMismatch", Refused(reason="bad_request")),
        (401, "DirectApiAuthorizationRequired", Refused(reason="unauthorised", endpoint=True)),
        (403, "", Refused(reason="forbidden", endpoint=True)),
        (404, "WorkflowNotFound", Refused(reason="not_found", endpoint=True)),
        (410, "", Refused(reason="gone", endpoint=True)),
        (413, "request entity too large", Refused(reason="too_large")),
        (408, "", TryAgain(reason="timeout")),
        (429, "", TryAgain(reason="rate_limited")),
        (502, "", TryAgain(reason="server_error")),
    ],
)
def test_the_status_says_what_is_wrong(
    message: Make, exchange: Run, status: int, text: str, expected: Refused | TryAgain
) -> None:
    _, outcome = exchange(teams(), message(body=BODY), answer(status, text))

    assert outcome == replace(expected, status=status, detail=text)


@pytest.mark.parametrize(
    ("hidden", "expected"),
    [
        (429, TryAgain(reason="rate_limited", status=429, retry_after=30.0)),
        (503, TryAgain(reason="server_error", status=503, retry_after=30.0)),
        (413, Refused(reason="too_large", status=413)),
    ],
)
def test_a_success_that_hides_an_error_is_none(
    message: Make, exchange: Run, hidden: int, expected: Refused | TryAgain
) -> None:
    text = (
        "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error"
        f" {hidden} with ContextId tcid=0,server=made-up."
    )

    _, outcome = exchange(
        teams(),
        message(body=BODY),
        Response(status=200, body=text.encode(), headers={"retry-after": "30"}),
    )

    assert outcome == replace(expected, detail=text)


def test_too_many_messages_wait_as_long_as_the_answer_says(message: Make, exchange: Run) -> None:
    limited = Response(status=429, headers={"retry-after": "17"})

    _, outcome = exchange(teams(), message(body=BODY), limited)

    assert outcome == TryAgain(reason="rate_limited", status=429, retry_after=17.0)


@pytest.mark.parametrize("body", ["no json", "[]", '"text"'])
def test_a_message_that_is_no_object_is_refused_unsent(
    message: Make, exchange: Run, body: str
) -> None:
    requests, outcome = exchange(teams(), message(body=body), answer(202))

    assert requests == []
    assert isinstance(outcome, Refused)
    assert teams().faults(message(body=body)) == ["the message is not a JSON object"]


def test_microsofts_limits_are_kept_unless_the_settings_say_otherwise() -> None:
    assert teams().settings.rate == Rate(1, 1.0)
    assert teams(rate="60/h").settings.rate == Rate(60, 3600.0)
    assert teams(rate=None).settings.rate is None


def test_resolves_are_sent_only_where_the_settings_say_so() -> None:
    assert not teams().send_resolved
    assert teams(send_resolved=True).send_resolved


@pytest.mark.parametrize(
    "url",
    [
        "https://acme.webhook.office.com/webhookb2/made-up/IncomingWebhook/made-up",
        "https://ACME.webhook.office.com/webhookb2/made-up",
        "https://webhook.office.com/webhookb2/made-up",
        "https://outlook.office.com/webhook/made-up",
        "https://outlook.office365.com/webhook/made-up",
    ],
)
def test_a_connector_is_a_problem_that_says_what_to_make_instead(url: str) -> None:
    with pytest.raises(ValidationError, match="make a workflow 'When a Teams webhook") as caught:
        teams(url=url)

    assert "made-up" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://prod-07.westeurope.logic.azure.com:443/workflows/made-up?sig=made-up",
        "https://a1.environment.api.powerplatform.com/powerautomate/automations/direct/made-up",
        "https://proxy.example/outlook.office.com/webhook",
        "http://127.0.0.1:9000/teams",
    ],
)
def test_a_workflow_and_what_stands_before_one_are_taken(
    message: Make, exchange: Run, url: str
) -> None:
    requests, _ = exchange(teams(url=url), message(body=BODY), answer(202))

    assert [each.url.reveal() for each in requests] == [url]


@pytest.mark.parametrize(
    ("settings", "says"),
    [({"url": "flows.example"}, "not a URL"), ({"chanel": "General"}, "Extra inputs")],
)
def test_wrong_settings_are_problems(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        teams(**settings)
