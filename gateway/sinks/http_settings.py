"""What can be said of an HTTP endpoint, whichever service it is."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from gateway.settings.secrets import Secret, revealed
from gateway.settings.types import HttpUrl, SecretText, problem
from gateway.sinks.authorization import Basic
from gateway.sinks.cloudevents import Mode
from gateway.sinks.headers import is_name, is_value
from gateway.sinks.oauth2 import OAuth2
from gateway.sinks.signature import Sign
from gateway.sinks.sink import SinkSettings
from gateway.sinks.success import Success

Method = Literal["POST", "PUT", "PATCH"]
IDEMPOTENCY = "Idempotency-Key"
# What the gateway or the connection itself says.
OWN_HEADERS = frozenset(
    {"connection", "content-encoding", "content-length", "host", "idempotency-key", "te",
     "transfer-encoding", "upgrade", "webhook-id", "webhook-signature", "webhook-timestamp"}
)  # fmt: skip


def sound_headers(headers: Mapping[str, str | Secret]) -> None:
    """Raises a problem for a header that could not be sent."""
    for name, value in headers.items():
        if not is_name(name):
            raise problem(f"{name!r} is not the name of a header")
        if not is_value(revealed(value)):
            raise problem(f"the value of header {name} holds control characters")
        if name.lower() in OWN_HEADERS:
            raise problem(f"the gateway itself sets the header {name}")
    if len({name.lower() for name in headers}) < len(headers):
        raise problem("a header stands here twice, in other letters")


class EndpointSettings(SinkSettings):
    """What every endpoint takes; values of `headers` and `query` may be Jinja."""

    url: str | Secret = Field(repr=False)
    method: Method = "POST"
    query: dict[str, str | SecretText] = Field(
        default_factory=dict, repr=False, description="Appended to the URL, percent-encoded"
    )
    headers: dict[str, str | SecretText] = Field(default_factory=dict, repr=False)
    bearer: SecretText | None = None
    basic: Basic | None = None
    oauth2: OAuth2 | None = Field(default=None, description="Client credentials")
    sign: Sign | None = None
    idempotency_header: str = Field(
        default=IDEMPOTENCY, description="Carries the delivery's identity; none: left out"
    )
    success: Success | None = Field(
        default=None, description="Which answers say that it was done; any 2xx unless given"
    )
    cloudevents: Mode | None = Field(
        default=None, description="Attributes in headers (binary), or around the body"
    )

    @field_validator("headers")
    @classmethod
    def _sound(cls, headers: dict[str, str | Secret]) -> dict[str, str | Secret]:
        sound_headers(headers)
        return headers

    @field_validator("idempotency_header", mode="before")
    @classmethod
    def _named(cls, name: Any) -> Any:
        if name in (None, "", "none"):
            return ""
        if isinstance(name, str) and not is_name(name):
            raise problem(f"{name!r} is not the name of a header")
        return name

    @model_validator(mode="after")
    def _one_credential(self) -> Self:
        named = any(name.lower() == "authorization" for name in self.headers)
        schemes = (self.bearer, self.basic, self.oauth2)
        if named + sum(each is not None for each in schemes) > 1:
            raise problem("bearer, basic, oauth2 and a header Authorization exclude each other")
        return self

    @model_validator(mode="after")
    def _own_headers(self) -> Self:
        taken = {self.idempotency_header.lower()}
        if self.sign and self.sign.hmac:
            taken |= {self.sign.hmac.header.lower()}
        if self.cloudevents == "structured":
            taken |= {"content-type"}
        for name in self.headers:
            is_attribute = self.cloudevents and name.lower().startswith("ce-")
            if is_attribute or name.lower() in taken:
                raise problem(f"the gateway itself sets the header {name}")
        return self


class HttpSettings(EndpointSettings):
    """An endpoint that takes JSON."""

    type: Literal["http"]
    url: HttpUrl = Field(repr=False)
