from typing import Any

import pytest
from pydantic import ValidationError

from gateway.sinks.slack import SlackSettings, slack
from gateway.sinks.slack_web import SlackWeb
from gateway.sinks.slack_webhook import SlackWebhook

HOOK = "https://hooks.slack.example/services/T0MADEUP/B0MADEUP/made-up-credential"
BOT = {"token": "xoxb-made-up", "channel": "C0MADEUP"}


def read(**section: Any) -> SlackSettings:
    return SlackSettings.model_validate({"type": "slack", **section})


@pytest.mark.parametrize(
    ("section", "kind", "lifecycle"),
    [
        ({"url": HOOK}, SlackWebhook, False),
        (BOT, SlackWeb, True),
        ({**BOT, "url": "https://slack-gov.example/api"}, SlackWeb, True),
    ],
)
def test_the_token_decides_which_of_the_two_it_is(
    section: dict[str, Any], kind: type, lifecycle: bool
) -> None:
    sink = slack("chat", read(**section))

    assert isinstance(sink, kind)
    assert sink.lifecycle is lifecycle
    assert sink.send_resolved is lifecycle


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ({}, "no way to post; write url: of a webhook, or token: and channel:"),
        ({"url": "hooks.slack.example"}, "not a URL"),
        ({"url": HOOK, "channel": "C0MADEUP"}, "need a token"),
        ({"url": HOOK, "reply_broadcast": True}, "need a token"),
        ({"url": HOOK, "chanel": "C0MADEUP"}, "Extra inputs"),
        ({"token": "xoxb-made-up"}, "a token needs a channel"),
        ({"channel": "C0MADEUP"}, "no way to post"),
        ({**BOT, "url": HOOK}, "exclude each other"),
        ({**BOT, "url": "https://hooks.slack.com/services/T0/B0/x"}, "exclude each other"),
        ({**BOT, "token": ""}, "the secret is empty"),
        ({**BOT, "channel": ""}, "not a channel"),
        ({**BOT, "channel": "#two words"}, "not a channel"),
        ({**BOT, "channel": "C0MADEUP,C1MADEUP"}, "not a channel"),
        ({**BOT, "channel": "x" * 82}, "not a channel"),
    ],
)
def test_wrong_settings_are_problems(section: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        read(**section)


@pytest.mark.parametrize(
    ("section", "where"),
    [
        ({"url": HOOK}, []),
        (BOT, []),
        ({**BOT, "channel": "{{ tables.teams[labels.team].channel }}"}, []),
        ({**BOT, "token": "unset-SLACK_TOKEN-placeholder"}, []),
        ({**BOT, "token": "xoxp-made-up"}, ["token"]),
        ({**BOT, "channel": "#security"}, ["channel"]),
        ({**BOT, "channel": "security", "token": "xapp-made-up"}, ["token", "channel"]),
    ],
)
def test_what_is_probably_not_meant_is_warned_of(section: dict[str, Any], where: list[str]) -> None:
    assert [loc[0] for loc, _ in read(**section).warnings()] == where
