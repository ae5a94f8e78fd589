"""Slack's words for what went wrong, and what each of them means for a delivery.

https://docs.slack.dev/reference/methods/chat.postMessage,
https://docs.slack.dev/reference/methods/chat.update and
https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
"""

from collections.abc import Iterable, Mapping

from gateway.model.exchange import Delivered, Outcome, Refused, Response, TryAgain
from gateway.settings.secrets import Secret
from gateway.sinks.status import detail, judge, retry_after

AGAIN: Mapping[str, str] = {
    "external_channel_migrating": "server_error",
    "fatal_error": "server_error",
    "message_limit_exceeded": "rate_limited",
    "org_login_required": "server_error",
    "rate_limited": "rate_limited",
    "ratelimited": "rate_limited",
    "request_timeout": "timeout",
    "rollup_error": "server_error",
    "service_unavailable": "server_error",
    "streaming_state_conflict": "conflict",
    "team_added_to_org": "server_error",
    "update_failed": "server_error",
}
"""Slack asks for another try."""
AMBIGUOUS = frozenset({"fatal_error"})
"""Those of them under which it may have been done, in part or whole."""
PAYLOAD: Mapping[str, str] = {
    "as_user_not_supported": "bad_request",
    "attachment_payload_limit_exceeded": "too_large",
    "invalid_arg_name": "bad_request",
    "invalid_args": "bad_request",
    "invalid_arguments": "bad_request",
    "invalid_attachments": "bad_request",
    "invalid_blocks": "bad_request",
    "invalid_blocks_format": "bad_request",
    "invalid_charset": "bad_request",
    "invalid_json": "bad_request",
    "invalid_metadata_format": "bad_request",
    "invalid_metadata_schema": "bad_request",
    "invalid_payload": "bad_request",
    "markdown_text_conflict": "bad_request",
    "metadata_must_be_sent_from_app": "bad_request",
    "metadata_too_large": "too_large",
    "missing_file_data": "bad_request",
    "missing_text_or_fallback_or_attachments": "bad_request",
    "msg_blocks_too_long": "too_large",
    "msg_too_long": "too_large",
    "no_text": "bad_request",
    "posting_to_general_channel_denied": "forbidden",
    "too_many_attachments": "too_large",
    "too_many_contact_cards": "too_large",
    "user_not_found": "not_found",
}
"""This message is refused."""
CHANNEL: Mapping[str, str] = {
    "channel_is_archived": "gone",
    "channel_not_found": "not_found",
    "is_archived": "gone",
    "messages_tab_disabled": "forbidden",
    "not_in_channel": "forbidden",
    "restricted_action": "forbidden",
    "restricted_action_read_only_channel": "forbidden",
    "restricted_action_thread_only_channel": "forbidden",
    "team_not_found": "not_found",
}
"""The channel is refused; `team_not_found` is what a name gets that should be an id."""
ENDPOINT: Mapping[str, str] = {
    "access_denied": "forbidden",
    "accesslimited": "forbidden",
    "account_inactive": "unauthorised",
    "action_prohibited": "forbidden",
    "app_access_restricted": "forbidden",
    "ekm_access_denied": "forbidden",
    "invalid_auth": "unauthorised",
    "invalid_token": "unauthorised",
    "missing_scope": "forbidden",
    "no_active_hooks": "forbidden",
    "no_permission": "forbidden",
    "no_service": "not_found",
    "no_service_id": "not_found",
    "no_team": "not_found",
    "not_authed": "unauthorised",
    "send_on_behalf_not_allowed": "forbidden",
    "team_disabled": "forbidden",
    "token_expired": "unauthorised",
    "token_revoked": "unauthorised",
}
"""The webhook or the token itself is refused."""
UPDATE_REFUSED = frozenset(
    {"block_mismatch", "cant_update_message", "edit_window_closed", "is_inactive",
     "message_not_found"}
)  # fmt: skip
"""The message can no longer be changed; another one can be posted."""
THREAD_REFUSED = frozenset(
    {"cannot_reply_to_message", "cant_broadcast_message",
     "restricted_action_non_threadable_channel", "restricted_action_thread_locked"}
)  # fmt: skip
"""There can be no such reply; the channel still takes messages."""


def failure(
    word: str, response: Response, *, one_channel: bool, now: int, secrets: Iterable[Secret | str]
) -> Outcome:
    """What an answer that is no success means: by its word first, then by its status.

    `one_channel` says that every message goes to the channel that is refused.
    """
    status, text = response.status, detail(response, secrets)
    if word in AGAIN:
        return TryAgain(
            reason=AGAIN[word],
            status=status,
            detail=text,
            retry_after=retry_after(response.headers, now),
            ambiguous=word in AMBIGUOUS,
        )
    for reasons, endpoint in ((PAYLOAD, False), (CHANNEL, one_channel), (ENDPOINT, True)):
        if word in reasons:
            return Refused(reason=reasons[word], status=status, detail=text, endpoint=endpoint)
    judged = judge(response, now=now, secrets=secrets)
    # A 2xx without Slack's word is a refusal, or somebody else's answer, a captive portal's say.
    return (
        Refused(reason="refused", status=status, detail=text)
        if isinstance(judged, Delivered)
        else judged
    )
