"""Slack's incoming webhook: one message, no way to change it later.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import ClassVar

from gateway.codec import encode
from gateway.model.exchange import Delivered, Message, Outcome, Request, Response
from gateway.model.secret import Concealed
from gateway.settings.secrets import Secret
from gateway.sinks.sink import Exchange, Format, SinkSettings
from gateway.sinks.slack_said import said
from gateway.sinks.slack_words import failure
from gateway.sinks.status import credentials, detail
from gateway.sinks.usual import NO_OBJECT, Usual


class SlackWebhook(Usual):
    """Posts each message once."""

    type: ClassVar[str] = "slack"
    format: ClassVar[Format] = "slack"

    def __init__(self, name: str, settings: SinkSettings, *, url: Secret) -> None:
        super().__init__(name, settings)
        self._url = url

    def deliver(self, message: Message, receipt: Mapping[str, str] | None) -> Exchange:
        """One POST of the news; a webhook gives nothing back, so there is no receipt."""
        del receipt
        made = said(message.body)
        if made is None:
            return NO_OBJECT
        url = self._url.reveal()
        response = yield Request(
            method="POST",
            url=Concealed(url),
            headers={"Content-Type": "application/json"},
            body=encode(made.news),
            timeout=self.settings.timeout,
        )
        return outcome(response, now=message.timestamp, secrets=credentials(url))

    def faults(self, message: Message) -> list[str]:
        """What Slack's limits would cut or refuse."""
        made = said(message.body)
        return [NO_OBJECT.detail] if made is None else made.faults


def outcome(response: Response, *, now: int, secrets: list[str]) -> Outcome:
    """What the answer means: 200 and `ok` alone is a success.

    Which status comes with which word differs between sources: the word decides.
    """
    word = response.body[:100].decode(errors="replace").strip()
    if response.status == HTTPStatus.OK and word == "ok":
        return Delivered(status=response.status, detail=detail(response, secrets))
    return failure(word, response, one_channel=True, now=now, secrets=secrets)
