from typing import Any

import pytest

from gateway import codec
from gateway.web.standins.slack_web import SlackWeb
from gateway.web.standins.standin import Answer, Call

HEADERS = {"content-type": "application/json; charset=utf-8", "authorization": "Bearer t"}


@pytest.fixture
def slack() -> SlackWeb:
    return SlackWeb("t")


def told(slack: SlackWeb, method: str, message: Any, **headers: str) -> tuple[Answer, Any]:
    body = codec.encode(message)
    call = Call(method="POST", path=f"/{method}", headers={**HEADERS, **headers}, body=body)
    answer = slack.answer(call)
    return answer, codec.decode(answer.body)


def posted(slack: SlackWeb) -> dict[str, str]:
    _, said = told(slack, "chat.postMessage", {"channel": "#security", "text": "2 open"})
    return {"channel": said["channel"], "ts": said["ts"]}


def test_a_message_can_be_changed_where_it_was_posted(slack: SlackWeb) -> None:
    place = posted(slack)

    answer, said = told(slack, "chat.update", {**place, "text": "1 open"})

    assert (answer.status, said) == (200, {"ok": True, **place})
    assert [message["text"] for message in slack.messages.values()] == ["1 open"]
    assert [each.text for each in slack.received] == ["2 open", "1 open"]
    assert {each.identity for each in slack.received} == {place["ts"]}


def test_a_reply_stands_in_the_messages_thread(slack: SlackWeb) -> None:
    place = posted(slack)

    _, said = told(
        slack,
        "chat.postMessage",
        {"channel": place["channel"], "thread_ts": place["ts"], "text": "1 fixed"},
    )

    assert said["ok"]
    assert said["ts"] != place["ts"]
    assert [reply["text"] for reply in slack.replies[place["ts"]]] == ["1 fixed"]
    assert len(slack.messages) == len(slack.received) == 1


@pytest.mark.parametrize(
    ("method", "message", "word"),
    [
        ("chat.postMessage", {"text": "a"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "C0"}, "invalid_blocks"),
        ("chat.update", {"channel": "C0STANDIN", "ts": "9.9", "text": "a"}, "message_not_found"),
        ("chat.delete", {"channel": "C0STANDIN", "text": "a"}, "unknown_method"),
        ("chat.postMessage", [], "invalid_json"),
    ],
)
def test_what_slack_refuses_is_a_200_that_is_not_ok(
    slack: SlackWeb, method: str, message: Any, word: str
) -> None:
    answer, said = told(slack, method, message)

    assert (answer.status, said) == (200, {"ok": False, "error": word})
    assert slack.received[0].faults


def test_a_channels_name_does_not_do_for_an_update(slack: SlackWeb) -> None:
    place = posted(slack)

    _, said = told(slack, "chat.update", {**place, "channel": "#security", "text": "a"})

    assert said["error"] == "message_not_found"


def test_an_update_takes_less_text_than_a_message(slack: SlackWeb) -> None:
    place = posted(slack)

    _, said = told(slack, "chat.update", {**place, "text": "a" * 4001})

    assert said["error"] == "msg_too_long"


def test_a_wrong_token_is_refused(slack: SlackWeb) -> None:
    message = {"channel": "C0", "text": "a"}

    _, said = told(slack, "chat.postMessage", message, authorization="Bearer other")

    assert said["error"] == "invalid_auth"
    assert slack.messages == {}
