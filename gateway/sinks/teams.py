"""Microsoft Teams, by a workflow that posts an Adaptive Card: no way to change it later.

https://support.microsoft.com/office/create-incoming-webhooks-with-workflows-for-microsoft-teams-8ae491c7-0394-4861-ba59-055e33f75498
and, for what the old endpoints answered,
https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from gateway.codec import decode_object
from gateway.model.exchange import SUCCESSES, Message, Outcome, Request, Response
from gateway.model.secret import Concealed
from gateway.settings.secrets import Secret
from gateway.settings.types import RateText, SecretUrl, problem
from gateway.sinks.adaptivecard import fit
from gateway.sinks.sink import Exchange, Format, SinkSettings
from gateway.sinks.status import credentials, judge
from gateway.sinks.usual import NO_OBJECT, Usual

# Where Office 365 connectors were, until May 2026; workflows are at *.logic.azure.com and
# *.api.powerplatform.com, and behind whatever proxy stands before those.
_CONNECTORS = re.compile(r"(.+\.)?webhook\.office\.com/.*|outlook\.office(365)?\.com/webhook.*")
# What came in the body of a 200.
_HIDDEN = re.compile(rb"Microsoft Teams endpoint returned HTTP error (\d{3})")


class TeamsSettings(SinkSettings):
    """A Teams channel or chat, by the URL of its workflow."""

    type: Literal["teams"]
    url: SecretUrl = Field(description="Of a workflow 'When a Teams webhook request is received'")
    rate: RateText | None = Field(
        default="1/s",
        validate_default=True,
        description="Microsoft's limits: 4 in 1 s, 60 in 30 s, 100 in 1 h, for each channel",
    )

    @field_validator("url")
    @classmethod
    def _alive(cls, url: Secret) -> Secret:
        parts = urlsplit(url.reveal())
        if _CONNECTORS.fullmatch(f"{parts.hostname}{parts.path}".lower()):
            raise problem(
                "an Office 365 connector, which delivers nothing any more; make a workflow"
                " 'When a Teams webhook request is received' in Teams and write its URL"
            )
        return url


class Teams(Usual):
    """Posts each message once."""

    type: ClassVar[str] = "teams"
    format: ClassVar[Format] = "card"

    def __init__(self, name: str, settings: TeamsSettings) -> None:
        super().__init__(name, settings)
        self._url = settings.url

    def deliver(self, message: Message, receipt: Mapping[str, str] | None) -> Exchange:
        """One POST of the card; a workflow gives nothing back, so there is no receipt."""
        del receipt
        made = decode_object(message.body)
        if made is None:
            return NO_OBJECT
        url = self._url.reveal()
        response = yield Request(
            method="POST",
            url=Concealed(url),
            headers={"Content-Type": "application/json"},
            body=fit(made)[0],
            timeout=self.settings.timeout,
        )
        return outcome(response, now=message.timestamp, secrets=credentials(url))

    def faults(self, message: Message) -> list[str]:
        """What Teams would not show."""
        made = decode_object(message.body)
        return [NO_OBJECT.detail] if made is None else fit(made)[1]


def outcome(response: Response, *, now: int, secrets: list[str]) -> Outcome:
    """What the answer means: by the status, or by the one that a success hides in its body.

    202 is a promise: that the flow fails on the card later is told to its owner only.
    """
    hidden = _HIDDEN.search(response.body) if response.status in SUCCESSES else None
    meant = replace(response, status=int(hidden[1])) if hidden else response
    return judge(meant, now=now, secrets=secrets)
