"""Slack's incoming webhook: one message, no way to change it later.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar, Literal

from gateway.codec import decode, encode
from gateway.errors import Unreadable
from gateway.model.exchange import Delivered, Message, Outcome, Refused, Request, Response, TryAgain
from gateway.model.secret import Concealed
from gateway.settings.section import NotYet
from gateway.settings.types import SecretUrl
from gateway.sinks.blockkit import fit
from gateway.sinks.sink import Exchange, Format, SinkSettings
from gateway.sinks.status import credentials, detail, judge, retry_after

# Which status comes with which of these words differs between sources: the word decides.
PAYLOAD = {
    "invalid_payload": "bad_request",
    "invalid_blocks": "bad_request",
    "invalid_blocks_format": "bad_request",
    "invalid_attachments": "bad_request",
    "missing_text_or_fallback_or_attachments": "bad_request",
    "no_text": "bad_request",
    "user_not_found": "not_found",
    "posting_to_general_channel_denied": "forbidden",
    "msg_blocks_too_long": "too_large",
    "too_many_attachments": "too_large",
}
"""This message is refused."""
ENDPOINT = {
    "action_prohibited": "forbidden",
    "channel_is_archived": "gone",
    "channel_not_found": "not_found",
    "invalid_token": "unauthorised",
    "no_active_hooks": "forbidden",
    "no_service": "not_found",
    "no_service_id": "not_found",
    "no_team": "not_found",
    "team_disabled": "forbidden",
}
"""The webhook itself is refused."""
AGAIN = {"rollup_error": "server_error", "rate_limited": "rate_limited"}
"""Slack asks for another try."""


class SlackSettings(SinkSettings):
    """A Slack channel, by the URL of its incoming webhook."""

    type: Literal["slack"]
    url: SecretUrl
    token: NotYet = None
    channel: NotYet = None


class Slack:
    """Posts each message once."""

    type: ClassVar[str] = "slack"
    format: ClassVar[Format] = "slack"
    lifecycle: ClassVar[bool] = False
    max_wait: ClassVar[float] = 3600.0
    lane = ""
    requests: ClassVar[int] = 1

    def __init__(self, name: str, settings: SlackSettings) -> None:
        self.name = name
        self.settings: SinkSettings = settings
        self.send_resolved = bool(settings.send_resolved)
        self._url = settings.url

    @property
    def values(self) -> Mapping[str, Any]:
        """Nothing differs per alert."""
        return {}

    def deliver(self, message: Message, receipt: Mapping[str, str] | None) -> Exchange:
        """One POST of the message; a webhook gives nothing back, so there is no receipt."""
        del receipt
        payload = _payload(message)
        if payload is None:
            return Refused(reason="bad_request", detail="the message is not a JSON object")
        url = self._url.reveal()
        response = yield Request(
            method="POST",
            url=Concealed(url),
            headers={"Content-Type": "application/json"},
            body=encode(fit(payload)[0]),
            timeout=self.settings.timeout,
        )
        return outcome(response, now=message.timestamp, secrets=credentials(url))

    def faults(self, message: Message) -> list[str]:
        """What Slack's limits would cut or refuse."""
        payload = _payload(message)
        return ["the message is not a JSON object"] if payload is None else fit(payload)[1]


def outcome(response: Response, *, now: int, secrets: list[str]) -> Outcome:
    """What Slack's answer means: by its one word first, then by the status."""
    status, text = response.status, detail(response, secrets)
    word = response.body[:100].decode(errors="replace").strip()
    if status == HTTPStatus.OK and word == "ok":
        return Delivered(status=status, detail=text)
    if word in PAYLOAD:
        return Refused(reason=PAYLOAD[word], status=status, detail=text)
    if word in ENDPOINT:
        return Refused(reason=ENDPOINT[word], status=status, detail=text, endpoint=True)
    if word in AGAIN:
        wait = retry_after(response.headers, now)
        return TryAgain(reason=AGAIN[word], status=status, detail=text, retry_after=wait)
    judged = judge(response, now=now, secrets=secrets)
    # A 2xx without `ok` is somebody else's answer, such as a captive portal's.
    return (
        Refused(reason="refused", status=status, detail=text)
        if isinstance(judged, Delivered)
        else judged
    )


def _payload(message: Message) -> dict[str, Any] | None:
    try:
        payload = decode(message.body)
    except Unreadable:
        return None
    return payload if isinstance(payload, dict) else None
