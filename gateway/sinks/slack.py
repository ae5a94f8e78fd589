"""Slack, by an incoming webhook or with a bot's token."""

import re
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from gateway.sandbox.marks import varies
from gateway.settings.interpolation import is_placeholder
from gateway.settings.problem import Loc
from gateway.settings.secrets import Secret
from gateway.settings.types import RateText, SecretText, SecretUrl, Truth, problem
from gateway.sinks.sink import Sink, SinkSettings
from gateway.sinks.slack_web import SlackWeb
from gateway.sinks.slack_webhook import SlackWebhook

# Names have up to 80 characters: https://docs.slack.dev/reference/methods/conversations.create
_CHANNEL = re.compile(r"[#@]?[^\s#@,]{1,80}")
_ID = re.compile(r"[CDGUW][A-Z0-9]{6,}")


def _channel(text: str) -> str:
    if not varies(text) and not _CHANNEL.fullmatch(text):
        raise problem("not a channel; write its id, C0123456789, or its name, #security")
    return text


class SlackSettings(SinkSettings):
    """A webhook's URL; or a bot's token and a channel, where messages can be changed later."""

    type: Literal["slack"]
    url: SecretUrl | None = Field(
        default=None,
        description="An incoming webhook; with a token: replaces https://slack.com/api",
    )
    token: SecretText | None = Field(
        default=None, description="A bot's, xoxb-…, with the scope chat:write"
    )
    channel: Annotated[str, AfterValidator(_channel)] | None = Field(
        default=None, description="With a token: a channel's id, C…; may hold expressions"
    )
    rate: RateText | None = Field(
        default="1/s",
        validate_default=True,
        description="Slack takes a message a second for each channel, and short bursts",
    )
    reply_broadcast: Truth = Field(
        default=False, description="With a token: replies are shown in the channel too"
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.token is None:
            if self.url is None:
                raise problem("no way to post; write url: of a webhook, or token: and channel:")
            if self.channel is not None or self.reply_broadcast:
                raise problem("channel and reply_broadcast need a token: a webhook decides itself")
        elif self.channel is None:
            raise problem("a token needs a channel; write channel: and its id, C0123456789")
        elif self.url is not None and _is_webhook(self.url.reveal()):
            raise problem("token and the url of a webhook exclude each other; write one of them")
        return self

    def warnings(self) -> list[tuple[Loc, str]]:
        """A token that is no bot's, a channel by its name."""
        found: list[tuple[Loc, str]] = []
        token, channel = self.token.reveal() if self.token else "", self.channel or ""
        if token and not token.startswith("xoxb-") and not is_placeholder(token):
            found.append((("token",), "not a bot's token: those begin with xoxb-"))
        if channel and not varies(channel) and not _ID.fullmatch(channel):
            text = "a name may change, and not every token may use it; write the channel's id, C…"
            found.append((("channel",), text))
        return found


def slack(name: str, settings: SlackSettings) -> Sink:
    """The sink that the settings describe."""
    if settings.token is None or settings.channel is None:  # then there is a URL
        return SlackWebhook(name, settings, url=settings.url or Secret())
    return SlackWeb(
        name,
        settings,
        token=settings.token,
        channel=settings.channel,
        url=settings.url,
        reply_broadcast=settings.reply_broadcast,
    )


def _is_webhook(url: str) -> bool:
    """Whether it is on hooks.slack.com, or a stand-in's or GovSlack's host of that kind."""
    return (urlsplit(url).hostname or "").startswith("hooks.")
