from collections.abc import Callable, Mapping
from typing import Any

import pytest

from gateway.codec import decode, encode
from gateway.model.exchange import (
    AnyRequest,
    Delivered,
    Message,
    Outcome,
    Refused,
    Response,
    TryAgain,
)
from gateway.sinks.sink import Sink
from gateway.sinks.slack import SlackSettings, slack
from tests.exchanges import exchanged

Make = Callable[..., Message]
TOKEN = "xoxb-made-up-credential"
PLACE = {"channel": "C0MADEUP", "ts": "1790000000.000100"}
NEWS = {"text": "1 new issue", "blocks": [{"type": "divider"}]}
NOW = {"text": "3 open issues", "attachments": [{"color": "#b31d28", "text": "a"}]}
POST = "https://slack.com/api/chat.postMessage"
UPDATE = "https://slack.com/api/chat.update"
VARYING = "{{ tables.teams[labels.team].channel }}"


def bot(**settings: Any) -> Sink:
    section = {"type": "slack", "token": TOKEN, "channel": "#security", **settings}
    return slack("chat", SlackSettings.model_validate(section))


@pytest.fixture
def told(message: Make) -> Make:
    """Makes a message to a channel."""

    def make(**parts: Any) -> Message:
        given = {"body": encode({**NEWS, "in_place": NOW}).decode()}
        return message(**{**given, "values": {"channel": "#security"}, **parts})

    return make


def good(ts: str = PLACE["ts"]) -> Response:
    answer = {"ok": True, "channel": PLACE["channel"], "ts": ts, "message": {"text": "x"}}
    return Response(status=200, body=encode(answer))


def bad(word: str, **headers: str) -> Response:
    return Response(status=200, body=encode({"ok": False, "error": word}), headers=headers)


def run(
    sink: Sink, message: Message, *answers: Response, receipt: Mapping[str, str] | None = None
) -> tuple[list[AnyRequest], Outcome]:
    """The requests and the outcome; each request takes one answer, and none is left over."""
    requests, outcome = exchanged(sink.deliver(message, receipt), *answers)
    assert len(requests) == len(answers)
    assert len(requests) <= sink.requests
    return requests, outcome


def sent(requests: list[AnyRequest]) -> list[tuple[str, Any]]:
    return [(each.url.reveal(), decode(each.body)) for each in requests]


def test_an_alert_that_opens_is_posted_and_its_place_kept_in_slacks_words(told: Make) -> None:
    body = encode(NEWS).decode()

    requests, outcome = run(bot(timeout="7s"), told(body=body), good())

    assert sent(requests) == [(POST, {**NEWS, "channel": "#security"})]
    assert requests[0].method == "POST"
    assert requests[0].timeout == 7.0
    assert requests[0].headers == {
        "Authorization": f"Bearer {TOKEN}",
        "Content-Type": "application/json; charset=utf-8",
    }
    assert isinstance(outcome, Delivered)
    assert outcome.receipt == PLACE


@pytest.mark.parametrize("action", ["update", "close"])
def test_a_change_goes_into_the_message_and_its_news_into_the_thread(
    told: Make, action: str
) -> None:
    requests, outcome = run(bot(), told(action=action), good(), good("2.2"), receipt=PLACE)

    assert sent(requests) == [
        (UPDATE, {**NOW, "blocks": [], **PLACE}),
        (POST, {**NEWS, "channel": PLACE["channel"], "thread_ts": PLACE["ts"]}),
    ]
    assert isinstance(outcome, Delivered)
    assert outcome.receipt is None


def test_a_template_of_one_message_puts_it_in_place_and_its_text_into_the_thread(
    told: Make,
) -> None:
    change = told(action="update", body=encode(NEWS).decode())

    requests, _ = run(bot(), change, good(), good(), receipt=PLACE)

    assert sent(requests) == [
        (UPDATE, {**NEWS, "attachments": [], **PLACE}),
        (POST, {"text": "1 new issue", "channel": PLACE["channel"], "thread_ts": PLACE["ts"]}),
    ]


def test_a_message_without_text_is_its_own_reply(told: Make) -> None:
    blocks = {"blocks": [{"type": "divider"}]}

    requests, _ = run(
        bot(), told(action="update", body=encode(blocks).decode()), good(), good(), receipt=PLACE
    )

    assert decode(requests[1].body)["blocks"] == blocks["blocks"]


def test_a_reminder_is_a_reply_alone(told: Make) -> None:
    reminder = told(action="update", reminder=True, body=encode(NEWS).decode())

    requests, outcome = run(bot(), reminder, good("2.2"), receipt=PLACE)

    thread = {"channel": PLACE["channel"], "thread_ts": PLACE["ts"]}
    assert sent(requests) == [(POST, {**NEWS, **thread})]
    assert isinstance(outcome, Delivered)
    assert outcome.receipt is None


def test_replies_are_shown_in_the_channel_where_the_settings_say_so(told: Make) -> None:
    sink = bot(reply_broadcast=True)

    posted, _ = run(sink, told(), good())
    changed, _ = run(sink, told(action="update"), good(), good(), receipt=PLACE)

    shown = [decode(each.body).get("reply_broadcast") for each in (*posted, *changed)]
    assert shown == [None, None, True]


@pytest.mark.parametrize("receipt", [None, {}, {"channel": "C0MADEUP"}, {"ts": "1.1"}])
@pytest.mark.parametrize("action", ["update", "close"])
def test_without_a_known_message_another_is_posted(
    told: Make, action: str, receipt: Mapping[str, str] | None
) -> None:
    requests, outcome = run(bot(), told(action=action), good(), receipt=receipt)

    assert sent(requests) == [(POST, {**NOW, "channel": "#security"})]
    assert isinstance(outcome, Delivered)
    assert outcome.receipt == PLACE


def test_a_try_after_a_failed_reply_only_replies(told: Make) -> None:
    change, failed = told(action="update"), Response(status=503)
    _, first = run(bot(), change, good(), failed, receipt=PLACE)
    assert isinstance(first, TryAgain)

    requests, second = run(bot(), change, good(), receipt={**PLACE, **(first.receipt or {})})

    assert [each.url.reveal() for each in requests] == [POST]
    assert decode(requests[0].body)["thread_ts"] == PLACE["ts"]
    assert isinstance(second, Delivered)


def test_a_later_revision_is_an_update_again(told: Make) -> None:
    _, first = run(bot(), told(action="update"), good(), bad("ratelimited"), receipt=PLACE)
    assert isinstance(first, TryAgain)
    later = told(action="update", identity="2e" * 32)

    requests, _ = run(bot(), later, good(), good(), receipt={**PLACE, **(first.receipt or {})})

    assert [each.url.reveal() for each in requests] == [UPDATE, POST]


def test_a_failed_update_sends_no_reply(told: Make) -> None:
    requests, outcome = run(bot(), told(action="update"), Response(status=503), receipt=PLACE)

    assert len(requests) == 1
    assert isinstance(outcome, TryAgain)
    assert outcome.receipt is None


@pytest.mark.parametrize(
    "word",
    ["message_not_found", "cant_update_message", "edit_window_closed", "is_inactive",
     "block_mismatch", "channel_not_found", "is_archived", "not_in_channel"],
)  # fmt: skip
def test_what_can_no_longer_be_changed_is_posted_anew_where_it_belongs_now(
    told: Make, word: str
) -> None:
    requests, outcome = run(bot(), told(action="update"), bad(word), good("2.2"), receipt=PLACE)

    assert sent(requests)[1] == (POST, {**NOW, "channel": "#security"})
    assert isinstance(outcome, Delivered)
    assert outcome.receipt == {"channel": "C0MADEUP", "ts": "2.2"}


@pytest.mark.parametrize(
    "word",
    ["cannot_reply_to_message", "restricted_action_non_threadable_channel",
     "restricted_action_thread_locked", "cant_broadcast_message", "is_archived"],
)  # fmt: skip
def test_news_that_cannot_be_a_reply_are_posted_at_top_level(told: Make, word: str) -> None:
    change = told(action="update")

    requests, outcome = run(bot(), change, good(), bad(word), good("2.2"), receipt=PLACE)

    assert sent(requests)[2] == (POST, {**NEWS, "channel": "#security"})
    assert isinstance(outcome, Delivered)
    assert outcome.receipt is None


AGAIN = {
    "server_error": ["service_unavailable", "update_failed", "team_added_to_org",
                     "org_login_required", "external_channel_migrating"],
    "rate_limited": ["ratelimited", "rate_limited", "message_limit_exceeded"],
    "timeout": ["request_timeout"],
    "conflict": ["streaming_state_conflict"],
}  # fmt: skip
PAYLOAD = {
    "bad_request": ["invalid_blocks", "invalid_blocks_format", "invalid_attachments", "no_text",
                    "invalid_metadata_format", "invalid_metadata_schema", "invalid_arguments",
                    "invalid_arg_name", "invalid_json", "invalid_charset", "missing_file_data",
                    "metadata_must_be_sent_from_app", "markdown_text_conflict",
                    "as_user_not_supported"],
    "too_large": ["msg_blocks_too_long", "msg_too_long", "too_many_attachments",
                  "too_many_contact_cards", "attachment_payload_limit_exceeded",
                  "metadata_too_large"],
    "refused": ["blocked_file_type", "no_dual_broadcast_content_update", "a_word_of_tomorrow"],
}  # fmt: skip
ENDPOINT = {
    "unauthorised": ["invalid_auth", "not_authed", "account_inactive", "token_expired",
                     "token_revoked"],
    "forbidden": ["missing_scope", "no_permission", "app_access_restricted",
                  "send_on_behalf_not_allowed", "ekm_access_denied", "access_denied",
                  "accesslimited"],
}  # fmt: skip
CHANNEL = {
    "not_found": ["channel_not_found", "team_not_found"],
    "forbidden": ["not_in_channel", "messages_tab_disabled", "restricted_action",
                  "restricted_action_read_only_channel", "restricted_action_thread_only_channel"],
    "gone": ["is_archived"],
}  # fmt: skip


def spread(reasons: Mapping[str, list[str]]) -> list[tuple[str, str]]:
    return [(word, reason) for reason, words in reasons.items() for word in words]


@pytest.mark.parametrize(("word", "reason"), spread(AGAIN))
def test_what_slack_asks_to_try_again_is_tried_again(told: Make, word: str, reason: str) -> None:
    _, outcome = run(bot(), told(), bad(word, **{"retry-after": "30"}))

    assert isinstance(outcome, TryAgain)
    assert (outcome.reason, outcome.status) == (reason, 200)
    assert outcome.retry_after == 30.0
    assert not outcome.ambiguous


def test_a_fatal_error_may_have_posted_it(told: Make) -> None:
    _, outcome = run(bot(), told(), bad("fatal_error"))

    assert isinstance(outcome, TryAgain)
    assert outcome.ambiguous


def test_too_many_messages_wait_as_long_as_slack_says(told: Make) -> None:
    body = encode({"ok": False, "error": "ratelimited"})
    limited = Response(status=429, headers={"retry-after": "30"}, body=body)

    _, outcome = run(bot(), told(), limited)

    assert isinstance(outcome, TryAgain)
    assert (outcome.reason, outcome.status, outcome.retry_after) == ("rate_limited", 429, 30.0)


@pytest.mark.parametrize(("word", "reason"), spread(PAYLOAD))
def test_a_message_that_slack_refuses_is_refused_alone(told: Make, word: str, reason: str) -> None:
    _, outcome = run(bot(), told(), bad(word))

    detail = f'{{"ok":false,"error":"{word}"}}'
    assert outcome == Refused(reason=reason, status=200, detail=detail)


@pytest.mark.parametrize(("word", "reason"), spread(ENDPOINT))
@pytest.mark.parametrize("channel", ["C0MADEUP", VARYING])
def test_a_token_that_slack_refuses_is_everybodys(
    told: Make, word: str, reason: str, channel: str
) -> None:
    _, outcome = run(bot(channel=channel), told(), bad(word))

    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.endpoint) == (reason, True)


@pytest.mark.parametrize(("word", "reason"), spread(CHANNEL))
@pytest.mark.parametrize(("channel", "endpoint"), [("C0MADEUP", True), (VARYING, False)])
def test_a_channel_that_slack_refuses_is_everybodys_only_where_there_is_no_other(
    told: Make, word: str, reason: str, channel: str, endpoint: bool
) -> None:
    _, outcome = run(bot(channel=channel), told(), bad(word))

    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.endpoint) == (reason, endpoint)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"ok"),
        (200, b"<html>log in to the guest network"),
        (200, b'{"ok":"true"}'),
        (200, b'{"ok":1}'),
        (200, b"[true]"),
        (201, b'{"ok":true}'),
        (204, b""),
    ],
)
def test_nothing_but_ok_within_a_200_is_a_success(told: Make, status: int, body: bytes) -> None:
    _, outcome = run(bot(), told(), Response(status=status, body=body))

    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.endpoint) == ("refused", False)


@pytest.mark.parametrize("answer", [{"ok": True}, {"ok": True, "channel": "", "ts": 1}])
def test_a_success_that_names_no_place_leaves_no_receipt(
    told: Make, answer: dict[str, Any]
) -> None:
    _, outcome = run(bot(), told(), Response(status=200, body=encode(answer)))

    assert isinstance(outcome, Delivered)
    assert outcome.receipt is None


def test_the_channel_of_the_alert_is_the_one_that_is_told(told: Make) -> None:
    requests, _ = run(bot(channel=VARYING), told(values={"channel": " C0PAY "}), good())

    assert decode(requests[0].body)["channel"] == "C0PAY"


@pytest.mark.parametrize("values", [{}, {"channel": ""}, {"channel": "  "}])
def test_an_alert_without_a_channel_is_refused_unsent(told: Make, values: dict[str, str]) -> None:
    requests, outcome = run(bot(channel=VARYING), told(values=values))

    assert requests == []
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.endpoint) == ("template_failed", False)


def test_a_message_that_is_known_needs_no_channel(told: Make) -> None:
    change = told(action="update", values={})

    _, outcome = run(bot(channel=VARYING), change, good(), good(), receipt=PLACE)

    assert isinstance(outcome, Delivered)


def test_a_channel_that_comes_out_empty_is_a_fault(told: Make) -> None:
    sink = bot(channel=VARYING)

    assert sink.faults(told(values={"channel": " "})) == ["the channel comes out empty"]
    assert sink.faults(told()) == []


def test_a_template_cannot_lead_a_message_elsewhere(told: Make) -> None:
    body = encode({"text": "a", "channel": "C9OTHER", "ts": "9", "thread_ts": "9"}).decode()

    posted, _ = run(bot(), told(body=body), good())
    changed, _ = run(bot(), told(action="update", body=body), good(), good(), receipt=PLACE)

    assert decode(posted[0].body)["channel"] == "#security"
    assert decode(changed[0].body)["ts"] == PLACE["ts"]
    assert decode(changed[1].body)["thread_ts"] == PLACE["ts"]


def test_both_messages_go_out_within_the_limits(told: Make) -> None:
    long = {"text": "x" * 5000, "in_place": {"text": "y" * 6000}}
    change = told(action="update", body=encode(long).decode())

    requests, _ = run(bot(), change, good(), good(), receipt=PLACE)

    assert [len(decode(each.body)["text"]) for each in requests] == [4000, 4000]
    assert bot().faults(change) == [
        "text has 5000 characters, Slack takes 4000",
        "text has 6000 characters, Slack takes 4000",
    ]


@pytest.mark.parametrize("body", ["no json", "[]", '"text"'])
def test_a_message_that_is_no_object_is_refused_unsent(told: Make, body: str) -> None:
    requests, outcome = run(bot(), told(body=body))

    assert requests == []
    assert isinstance(outcome, Refused)
    assert bot().faults(told(body=body)) == ["the message is not a JSON object"]


def test_another_address_takes_the_place_of_slacks(told: Make) -> None:
    requests, _ = run(bot(url="https://slack-gov.example/api/"), told(), good())

    assert requests[0].url.reveal() == "https://slack-gov.example/api/chat.postMessage"


def test_a_token_that_cannot_stand_in_a_header_is_refused_unsent(told: Make) -> None:
    requests, outcome = run(bot(token="xoxb-made\nup"), told())

    assert requests == []
    assert isinstance(outcome, Refused)
    assert outcome.endpoint
