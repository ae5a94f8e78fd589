"""Proof of who sent a body, in the way of Standard Webhooks or in GitHub's.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec and
https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from gateway.settings.interpolation import is_placeholder
from gateway.settings.secrets import Secret
from gateway.settings.section import Section
from gateway.settings.types import SecretText, problem
from gateway.sinks.headers import HeaderName, is_value

SHORTEST, LONGEST = 24, 64


def key(secret: str) -> bytes | None:
    """The bytes of `whsec_…`, the prefix optional; None where they are not 24 to 64 in base64."""
    try:
        decoded = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return None
    return decoded if SHORTEST <= len(decoded) <= LONGEST else None


def _signing(secret: Secret) -> Secret:
    text = secret.reveal()
    if not is_placeholder(text) and key(text) is None:
        raise problem("not a signing secret; write whsec_ and 24 to 64 bytes in base64")
    return secret


SigningSecret = Annotated[SecretText, AfterValidator(_signing)]


SigningSecrets = Annotated[
    list[SigningSecret],
    Field(min_length=1, max_length=2),
    BeforeValidator(
        lambda value: value if isinstance(value, list) else [value],
        json_schema_input_type=SigningSecret | list[SigningSecret],
    ),
]
"""One secret, or two while it is rotated."""


class Hmac(Section):
    """One header with the body's HMAC under SHA-256, in hex digits."""

    secret: SecretText
    header: HeaderName = "X-Hub-Signature-256"
    prefix: str = "sha256="

    @field_validator("prefix")
    @classmethod
    def _sound(cls, prefix: str) -> str:
        if not is_value(prefix):
            raise problem("the prefix holds control characters")
        return prefix

    def headers(self, body: bytes) -> dict[str, str]:
        """The header that proves who sent the body."""
        secret = self.secret.reveal().encode(errors="surrogateescape")
        return {self.header: self.prefix + hmac.digest(secret, body, hashlib.sha256).hex()}


class Sign(Section):
    """How requests are signed: in either way, or in both."""

    standard_webhooks: SigningSecrets | None = None
    hmac: Hmac | None = None

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.standard_webhooks is None and self.hmac is None:
            raise problem("says nothing; write standard_webhooks or hmac")
        return self

    def headers(self, identity: str, timestamp: int, body: bytes) -> dict[str, str]:
        """The headers that prove who sent the body."""
        texts = [secret.reveal() for secret in self.standard_webhooks or ()]
        # A secret file may have changed to something else since it was checked: the receiver says
        # no.
        keys = [key(text) or text.encode(errors="surrogateescape") for text in texts]
        standard = signed(keys, identity, timestamp, body) if keys else {}
        return standard | (self.hmac.headers(body) if self.hmac else {})

    @property
    def secrets(self) -> list[Secret | str]:
        """What must not come back in an answer's text."""
        return [*(self.standard_webhooks or ()), *([self.hmac.secret] if self.hmac else [])]


def signed(keys: Iterable[bytes], identity: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers that prove who sent the body: one signature per key."""
    text = f"{identity}.{timestamp}.".encode() + body
    digests = (hmac.digest(each, text, hashlib.sha256) for each in keys)
    signatures = " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)
    return {"webhook-timestamp": str(timestamp), "webhook-signature": signatures}
