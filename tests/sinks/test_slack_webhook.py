from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from gateway.codec import decode
from gateway.model.exchange import Delivered, Message, Outcome, Refused, Response, TryAgain
from gateway.sinks.sink import Sink
from gateway.sinks.slack import SlackSettings
from gateway.sinks.slack import slack as choose

URL = "https://hooks.slack.example/services/T0MADEUP/B0MADEUP/made-up-credential"
Make = Callable[..., Message]
Run = Callable[..., tuple[list[Any], Outcome]]


def slack(**settings: Any) -> Sink:
    return choose("chat", SlackSettings.model_validate({"type": "slack", "url": URL, **settings}))


def answer(status: int, body: str, **headers: str) -> Response:
    return Response(status=status, body=body.encode(), headers=headers)


def test_the_payload_is_posted_as_json(message: Make, exchange: Run) -> None:
    body = '{"text":"1 new","attachments":[{"color":"#d73a49","blocks":[{"type":"divider"}]}]}'

    requests, outcome = exchange(slack(timeout="7s"), message(body=body), answer(200, "ok"))

    assert len(requests) == 1
    assert (requests[0].method, requests[0].url.reveal()) == ("POST", URL)
    assert requests[0].headers == {"Content-Type": "application/json"}
    assert decode(requests[0].body) == decode(body)
    assert requests[0].timeout == 7.0
    assert outcome == Delivered(status=200, detail="ok")


def test_a_long_payload_goes_out_within_the_limits(message: Make, exchange: Run) -> None:
    body = '{"text":"' + "x" * 5000 + '"}'

    requests, _ = exchange(slack(), message(body=body), answer(200, "ok"))

    assert len(decode(requests[0].body)["text"]) == 4000
    assert slack().faults(message(body=body)) == ["text has 5000 characters, Slack takes 4000"]


def test_the_alert_as_it_is_now_is_for_those_who_can_change_it(
    message: Make, exchange: Run
) -> None:
    body = '{"text":"1 new","in_place":{"text":"3 open"}}'

    requests, _ = exchange(slack(), message(action="update", body=body), answer(200, "ok"))

    assert decode(requests[0].body) == {"text": "1 new"}


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, "invalid_blocks", Refused(reason="bad_request")),
        (500, "no_text", Refused(reason="bad_request")),
        (403, "posting_to_general_channel_denied", Refused(reason="forbidden")),
        (400, "msg_blocks_too_long", Refused(reason="too_large")),
        (404, "user_not_found", Refused(reason="not_found")),
        (403, "action_prohibited", Refused(reason="forbidden", endpoint=True)),
        (400, "invalid_token", Refused(reason="unauthorised", endpoint=True)),
        (404, "channel_not_found", Refused(reason="not_found", endpoint=True)),
        (404, "no_service\n", Refused(reason="not_found", endpoint=True)),
        (410, "channel_is_archived", Refused(reason="gone", endpoint=True)),
        (500, "rollup_error", TryAgain(reason="server_error")),
        (404, "<html>", Refused(reason="not_found", endpoint=True)),
        (400, "something_new", Refused(reason="bad_request")),
        (503, "", TryAgain(reason="server_error")),
        (200, "", Refused(reason="refused")),
        (200, "<html>log in to the guest network", Refused(reason="refused")),
        (204, "ok", Refused(reason="refused")),
    ],
)
def test_the_word_decides_before_the_status(
    message: Make, exchange: Run, status: int, body: str, expected: Refused | TryAgain
) -> None:
    _, outcome = exchange(slack(), message(), answer(status, body))

    assert outcome == replace(expected, status=status, detail=" ".join(body.split()))


def test_too_many_messages_wait_as_long_as_slack_says(message: Make, exchange: Run) -> None:
    limited = Response(status=429, body=b"rate_limited", headers={"retry-after": "30"})

    _, outcome = exchange(slack(), message(), limited)

    assert isinstance(outcome, TryAgain)
    assert (outcome.reason, outcome.retry_after) == ("rate_limited", 30.0)


@pytest.mark.parametrize("body", ["no json", "[]", '"text"'])
def test_a_message_that_is_no_object_is_refused_unsent(
    message: Make, exchange: Run, body: str
) -> None:
    requests, outcome = exchange(slack(), message(body=body), answer(200, "ok"))

    assert requests == []
    assert isinstance(outcome, Refused)
    assert slack().faults(message(body=body)) == ["the message is not a JSON object"]


def test_resolves_are_sent_only_where_the_settings_say_so() -> None:
    assert not slack().send_resolved
    assert slack(send_resolved=True).send_resolved
