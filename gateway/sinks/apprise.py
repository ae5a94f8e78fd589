"""Whatever Apprise speaks to: plain text, told at least once, with no more said than yes or no.

https://github.com/caronc/apprise/wiki
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, field_validator

from gateway.model.exchange import Message, Notification, Refused
from gateway.settings.interpolation import is_placeholder
from gateway.settings.secrets import Secret
from gateway.settings.types import SecretText, problem
from gateway.sinks.sink import AnyExchange, Format, SinkSettings
from gateway.sinks.status import judge
from gateway.sinks.usual import Usual

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
# Parts of an address as long as this may be its credential.
_PART = re.compile(r"[^/?&=@:]{8,}")
_GRAVE = frozenset({"critical", "high"})


def _address(secret: Secret) -> Secret:
    text = secret.reveal()
    if not is_placeholder(text) and not _ADDRESS.fullmatch(text):
        raise problem("not a URL of Apprise; write ntfys://host/topic or another of its services")
    return secret


class AppriseSettings(SinkSettings):
    """A service that Apprise speaks to; needs the extra `apprise`."""

    type: Literal["apprise"]
    url: Annotated[SecretText, AfterValidator(_address)] = Field(
        description="Apprise's URL of one service. Apprise connects by itself: neither `egress`, "
        "`proxy` nor `tls` holds there, and a try that took too long may still get through"
    )

    @field_validator("proxy", "tls")
    @classmethod
    def _of_no_use(cls, setting: Any) -> Any:
        if setting is not None:
            raise problem("Apprise connects by itself and would not use this; take it away")
        return setting


class Apprise(Usual):
    """Sends each message once per try; the first line is its title."""

    type: ClassVar[str] = "apprise"
    format: ClassVar[Format] = "txt"

    def __init__(self, name: str, settings: AppriseSettings) -> None:
        super().__init__(name, settings)
        self._url = settings.url

    def deliver(self, message: Message, receipt: Mapping[str, str] | None) -> AnyExchange:
        """One notification; nothing comes back but whether it worked."""
        del receipt
        title, _, text = message.body.strip().partition("\n")
        if not title:
            return Refused(reason="bad_request", detail="the message is empty")
        address = self._url.reveal()
        response = yield Notification(
            address=address,
            title=title.strip(),
            text=text.strip("\r\n") or title.strip(),
            kind=_kind(message),
            timeout=self.settings.timeout,
        )
        secrets = [address, *_PART.findall(address)]
        return judge(response, now=message.timestamp, secrets=secrets)

    def faults(self, message: Message) -> list[str]:
        """Only an empty message; what is too long for a service, Apprise cuts."""
        return [] if message.body.strip() else ["the message is empty; its first line is the title"]


def _kind(message: Message) -> Literal["failure", "warning", "success"]:
    if message.action == "close":
        return "success"
    return "failure" if message.severity in _GRAVE else "warning"
