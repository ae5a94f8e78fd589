from typing import Any

import pytest

from gateway import codec
from gateway.web.standins.slack import Slack
from gateway.web.standins.standin import Answer, Call

JSON = {"content-type": "application/json"}


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def told(message: Any) -> tuple[Answer, tuple[str, ...]]:
    slack = Slack()
    answer = slack.answer(Call(method="POST", path="", headers=JSON, body=codec.encode(message)))
    return answer, slack.received[0].faults


def test_a_good_message_is_answered_ok() -> None:
    message = {"text": "a", "attachments": [{"color": "#fff", "blocks": [section("b")]}]}

    answer, faults = told(message)

    assert (answer.status, answer.body, faults) == (200, "ok", ())


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        ({"blocks": [section("a")]}, "no text: notifications and screen readers show it"),
        ({"text": "a" * 40_001}, "text of 40001 characters"),
        ({"text": "a", "blocks": [section("b")] * 51}, "51 blocks"),
        ({"text": "a", "blocks": [section("")]}, "section without text"),
        ({"text": "a", "blocks": [section("b" * 3001)]}, "section of 3001 characters"),
        (
            {"text": "a", "blocks": [{"type": "header", "text": {"text": "b" * 151}}]},
            "header of 151 characters",
        ),
        (
            {"text": "a", "blocks": [{"type": "section", "fields": [{"text": "b"}] * 11}]},
            "11 fields in a section",
        ),
        (
            {"text": "a", "blocks": [{"type": "context", "elements": [{"text": "b"}] * 11}]},
            "too many elements in context",
        ),
        ({"text": "a", "blocks": [{"text": "b"}]}, "a block without a type"),
        (
            {"text": "a", "blocks": [section("b" * 2900)] * 5},
            "more text in its blocks than Slack takes",
        ),
    ],
)
def test_what_slack_refuses_is_invalid_blocks(message: Any, fault: str) -> None:
    answer, faults = told(message)

    assert (answer.status, answer.body) == (400, "invalid_blocks")
    assert fault in faults


@pytest.mark.parametrize("body", [b"", b"payload=x", b"[]", b"\xff"])
def test_what_is_no_json_object_is_an_invalid_payload(body: bytes) -> None:
    answer = Slack().answer(Call(method="POST", path="", headers=JSON, body=body))

    assert (answer.status, answer.body) == (400, "invalid_payload")
