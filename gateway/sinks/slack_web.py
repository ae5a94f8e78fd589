"""Slack's Web API with a bot's token: one message per alert, kept up to date, news in its thread.

https://docs.slack.dev/reference/methods/chat.postMessage and
https://docs.slack.dev/reference/methods/chat.update
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, ClassVar, Self

from gateway.codec import decode_object, encode
from gateway.model.exchange import (
    Delivered,
    Message,
    Outcome,
    Refused,
    Request,
    Response,
    TryAgain,
)
from gateway.model.secret import Concealed
from gateway.sandbox.marks import varies
from gateway.settings.secrets import Secret
from gateway.sinks.blockkit import JsonObject
from gateway.sinks.headers import unsound
from gateway.sinks.sink import Exchange, Format, SinkSettings
from gateway.sinks.slack_said import Said, said
from gateway.sinks.slack_words import CHANNEL, THREAD_REFUSED, UPDATE_REFUSED, failure
from gateway.sinks.status import credentials, detail
from gateway.sinks.usual import NO_OBJECT, Usual

ADDRESS = "https://slack.com/api"
UPDATED = "updated"
"""The receipt's word for the delivery whose update is done, its reply perhaps not."""

Answer = tuple[str, Outcome]
"""Slack's word for what went wrong, empty where nothing did, and what it amounts to."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an alert's message stands, in Slack's own words: a channel's id, never its name."""

    channel: str
    ts: str

    @classmethod
    def of(cls, known: Mapping[str, Any]) -> Self | None:
        """The place that a receipt or an answer names; None where it names none."""
        channel, ts = known.get("channel"), known.get("ts")
        if isinstance(channel, str) and isinstance(ts, str) and channel and ts:
            return cls(channel, ts)
        return None

    @property
    def receipt(self) -> dict[str, str]:
        """What later tries need."""
        return {"channel": self.channel, "ts": self.ts}


class SlackWeb(Usual):
    """Posts a message for each alert, changes it in place, and answers in its thread."""

    type: ClassVar[str] = "slack"
    format: ClassVar[Format] = "slack"
    lifecycle: ClassVar[bool] = True
    requests: ClassVar[int] = 3
    """An update, a reply, and the reply again at top level."""

    def __init__(
        self,
        name: str,
        settings: SinkSettings,
        *,
        token: Secret,
        channel: str,
        url: Secret | None = None,
        reply_broadcast: bool = False,
    ) -> None:
        """The sink; `url` replaces Slack's address."""
        super().__init__(name, settings)
        self._token = token
        self._channel = channel
        self._url = url
        self.lane = "channel" if varies(channel) else ""
        self._thread: JsonObject = {"reply_broadcast": True} if reply_broadcast else {}

    @property
    def values(self) -> Mapping[str, Any]:
        """The channel."""
        return {"channel": self._channel}

    def deliver(self, message: Message, receipt: Mapping[str, str] | None) -> Exchange:
        """The alert's message, posted or changed; then a reply that tells what is new.

        The receipt says where the message is, and which delivery has changed it already. What
        cannot be changed or answered any more is posted anew, to the channel that is set now.
        """
        made = said(message.body)
        if made is None:
            return NO_OBJECT
        if refusal := unsound(self._headers()):
            return refusal
        return (yield from self._tell(message, made, receipt or {}))

    def faults(self, message: Message) -> list[str]:
        """What Slack's limits would cut or refuse."""
        made = said(message.body)
        faults = [NO_OBJECT.detail] if made is None else made.faults
        nowhere = "channel" in message.values and not _channel(message)
        return [*faults, "the channel comes out empty"] if nowhere else faults

    def _tell(self, message: Message, made: Said, known: Mapping[str, str]) -> Exchange:
        place = Place.of(known)
        if message.action == "create" or place is None:
            return (yield from self._post(message, made.message))
        if message.reminder:
            return (yield from self._reply(message, made.news, place))
        if known.get(UPDATED) != message.identity:
            changed = yield from self._update(message, made, place)
            if changed is not None:
                return changed
        outcome = yield from self._reply(message, made.reply, place)
        if isinstance(outcome, TryAgain):
            return replace(outcome, receipt={UPDATED: message.identity})
        return outcome

    def _post(self, message: Message, what: JsonObject) -> Exchange:
        """A new message; where it is now is the receipt."""
        channel = _channel(message)
        if not channel:
            return Refused(reason="template_failed", detail="no channel came out for this alert")
        body = {**what, "channel": channel}
        return (yield from self._call("chat.postMessage", body, message))[1]

    def _update(
        self, message: Message, made: Said, place: Place
    ) -> Generator[Request, Response, Outcome | None]:
        """None once the message is changed; else what came of it, or of posting it anew."""
        # What is left out of an update stays as it was: a message that has lost its blocks says so.
        body = {"blocks": [], "attachments": [], **made.message, **place.receipt}
        word, outcome = yield from self._call("chat.update", body, message)
        if word in UPDATE_REFUSED or word in CHANNEL:
            return (yield from self._post(message, made.message))
        return None if isinstance(outcome, Delivered) else outcome

    def _reply(self, message: Message, what: JsonObject, place: Place) -> Exchange:
        """A reply in the message's thread; the message stays where it is."""
        body = {**what, **self._thread, "channel": place.channel, "thread_ts": place.ts}
        word, outcome = yield from self._call("chat.postMessage", body, message)
        if word in THREAD_REFUSED or word in CHANNEL:
            outcome = yield from self._post(message, what)
        return replace(outcome, receipt=None) if isinstance(outcome, Delivered) else outcome

    def _call(
        self, method: str, body: JsonObject, message: Message
    ) -> Generator[Request, Response, Answer]:
        response = yield Request(
            method="POST",
            url=Concealed(f"{self._address()}/{method}"),
            headers=self._headers(),
            body=encode(body),
            timeout=self.settings.timeout,
        )
        return self._answer(response, message.timestamp)

    def _answer(self, response: Response, now: int) -> Answer:
        """`ok` within a 200 alone is a success; it says where the message is."""
        answer = decode_object(response.body) or {}
        own_address = credentials(self._address()) if self._url else []
        secrets: list[Secret | str] = [self._token, *own_address]
        if response.status == HTTPStatus.OK and answer.get("ok") is True:
            place = Place.of(answer)
            return "", Delivered(
                receipt=place.receipt if place else None,
                status=response.status,
                detail=detail(response, secrets),
            )
        word = str(answer.get("error", ""))
        one_channel = not varies(self._channel)
        return word, failure(word, response, one_channel=one_channel, now=now, secrets=secrets)

    def _address(self) -> str:
        return (self._url.reveal() if self._url else ADDRESS).rstrip("/")

    def _headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self._token.reveal()}",
            "Content-Type": "application/json; charset=utf-8",
        }


def _channel(message: Message) -> str:
    return str(message.values.get("channel") or "").strip()
