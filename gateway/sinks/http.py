"""Any HTTP endpoint: the template's bytes, signed or with a credential.

https://www.standardwebhooks.com and
https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header
"""

import base64
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from gateway.codec import decode
from gateway.errors import Unreadable
from gateway.model.exchange import Message, Refused, Request
from gateway.model.secret import Concealed
from gateway.settings.secrets import Secret
from gateway.settings.section import Section
from gateway.settings.types import HttpUrl, SecretText, problem
from gateway.sinks.headers import is_name, is_value, unsound
from gateway.sinks.signature import Sign, key, signed
from gateway.sinks.sink import Exchange, Format, SinkSettings
from gateway.sinks.status import credentials, judge

# What the gateway or the connection itself says.
OWN_HEADERS = frozenset(
    {"connection", "content-encoding", "content-length", "host", "idempotency-key", "te",
     "transfer-encoding", "upgrade", "webhook-id", "webhook-signature", "webhook-timestamp"}
)  # fmt: skip


class Basic(Section):
    """User name and password."""

    username: str = Field(repr=False)
    password: SecretText


class HttpSettings(SinkSettings):
    """An endpoint that takes JSON."""

    type: Literal["http"]
    url: HttpUrl = Field(repr=False)
    method: Literal["POST", "PUT", "PATCH"] = "POST"
    headers: dict[str, str | SecretText] = Field(default_factory=dict, repr=False)
    bearer: SecretText | None = None
    basic: Basic | None = None
    sign: Sign | None = None

    @field_validator("headers")
    @classmethod
    def _sound(cls, headers: dict[str, str | Secret]) -> dict[str, str | Secret]:
        for name, value in headers.items():
            if not is_name(name):
                raise problem(f"{name!r} is not the name of a header")
            if name.lower() in OWN_HEADERS:
                raise problem(f"the gateway itself sets the header {name}")
            if not is_value(_text(value)):
                raise problem(f"the value of header {name} holds control characters")
        return headers

    @model_validator(mode="after")
    def _one_credential(self) -> Self:
        named = any(name.lower() == "authorization" for name in self.headers)
        if named + (self.bearer is not None) + (self.basic is not None) > 1:
            raise problem("bearer, basic and a header Authorization exclude each other")
        return self


class Http:
    """Sends each message once per try, under the same `webhook-id`."""

    type: ClassVar[str] = "http"
    format: ClassVar[Format] = "json"
    lifecycle: ClassVar[bool] = True
    """Nothing is kept there, but updates and closes are told too."""
    max_wait: ClassVar[float] = 3600.0
    lane = ""
    requests: ClassVar[int] = 1

    def __init__(self, name: str, settings: HttpSettings) -> None:
        self.name = name
        self.settings: SinkSettings = settings
        self.send_resolved = settings.send_resolved is not False
        self._own = settings

    @property
    def values(self) -> Mapping[str, Any]:
        """The URL, whose path and query may hold expressions."""
        return {"url": self._own.url}

    def deliver(self, message: Message, receipt: Mapping[str, str] | None) -> Exchange:
        """One request with the template's bytes; the endpoint gives nothing back to keep."""
        del receipt
        url = str(message.values.get("url", self._own.url))
        if _host(url) != _host(self._own.url):
            return Refused(reason="bad_request", detail="the worked-out URL leaves its host")
        body = message.body.encode() if message.payload is None else message.payload
        headers = _headers(self._own, message) | _signature(self._own, message, body)
        if refusal := unsound(headers):
            return refusal
        response = yield Request(
            method=self._own.method,
            url=Concealed(url),
            headers=headers,
            body=body,
            timeout=self._own.timeout,
        )
        secrets = [*credentials(url), *_secrets(self._own)]
        return judge(response, now=message.timestamp, secrets=secrets)

    def faults(self, message: Message) -> list[str]:
        """Nothing is cut here; a body that claims to be JSON should be it, unless it is Snyk's."""
        if message.payload is not None:
            return []
        try:
            decode(message.body)
        except Unreadable as error:
            return [str(error)]
        return []


def _headers(settings: HttpSettings, message: Message) -> dict[str, str]:
    own = {
        "webhook-id": message.identity,
        "Idempotency-Key": f'"{message.identity}"',
        **{name: _text(value) for name, value in settings.headers.items()},
    }
    if not any(name.lower() == "content-type" for name in own):
        own["Content-Type"] = "application/json"
    if settings.bearer:
        own["Authorization"] = f"Bearer {settings.bearer.reveal()}"
    if settings.basic:
        own["Authorization"] = f"Basic {_pair(settings.basic)}"
    return own


def _signature(settings: HttpSettings, message: Message, body: bytes) -> dict[str, str]:
    if settings.sign is None:
        return {}
    texts = [secret.reveal() for secret in settings.sign.standard_webhooks]
    # A secret file may have changed to something else since it was checked: the receiver says no.
    keys = [key(text) or text.encode() for text in texts]
    return signed(keys, message.identity, message.timestamp, body)


def _secrets(settings: HttpSettings) -> list[Secret | str]:
    """Whatever of the settings must not come back in an answer's text."""
    secrets: list[Secret | str] = list(settings.headers.values())
    secrets += settings.sign.standard_webhooks if settings.sign else []
    secrets += [settings.bearer] if settings.bearer else []
    if settings.basic:
        secrets += [settings.basic.password, _pair(settings.basic)]
    return secrets


def _pair(basic: Basic) -> str:
    return base64.b64encode(f"{basic.username}:{basic.password.reveal()}".encode()).decode()


def _text(value: str | Secret) -> str:
    return value if isinstance(value, str) else value.reveal()


def _host(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
