"""Standard Webhooks: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from gateway.settings.interpolation import is_placeholder
from gateway.settings.secrets import Secret
from gateway.settings.section import Section
from gateway.settings.types import SecretText, problem

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


class Sign(Section):
    """How requests are signed."""

    standard_webhooks: SigningSecrets


def signed(keys: Iterable[bytes], identity: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers that prove who sent the body: one signature per key."""
    text = f"{identity}.{timestamp}.".encode() + body
    digests = (hmac.digest(each, text, hashlib.sha256) for each in keys)
    signatures = " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)
    return {"webhook-timestamp": str(timestamp), "webhook-signature": signatures}
