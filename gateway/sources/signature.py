"""HMAC-SHA256 over the raw body, as GitHub and Snyk sign it."""

import hashlib
import hmac
import re
from collections.abc import Iterable

from gateway.settings.secrets import Secret
from gateway.sources.source import Headers, Verification, single

# The name is that of GitHub's former SHA-1 header; Snyk sends SHA-256 in it (Snyk's page
# "Validation and versioning of payloads").
HEADER = "X-Hub-Signature"
_FORM = re.compile(r"sha256=([0-9a-f]{64})")


def claimed_digest(headers: Headers) -> bytes | None:
    """The digest that the headers claim; None unless there is exactly one in the exact form."""
    claim = _FORM.fullmatch(single(headers, HEADER))
    return bytes.fromhex(claim[1]) if claim else None


def signature(body: bytes, key: bytes) -> str:
    """The header's value for a body signed with the key."""
    return f"sha256={hmac.new(key, body, hashlib.sha256).hexdigest()}"


def active_keys(secrets: Iterable[Secret]) -> list[bytes]:
    """The keys in force at the moment.

    An empty secret (its file is just being written) is no key: anybody could sign with it.
    """
    revealed = (secret.reveal() for secret in secrets)
    # A variable that is not UTF-8 reaches us with surrogates for its bytes; it goes back to them.
    return [text.encode(errors="surrogateescape") for text in revealed if text]


class HmacVerification(Verification):
    """Holds if any of the keys made the claimed digest of what it was fed."""

    def __init__(self, claimed: bytes, keys: Iterable[bytes]) -> None:
        self._claimed = claimed
        self._macs = [hmac.new(key, digestmod=hashlib.sha256) for key in keys]

    def update(self, chunk: bytes) -> None:
        """Takes the next piece of the raw body."""
        for mac in self._macs:
            mac.update(chunk)

    def holds(self) -> bool:
        """Whether any key made the signature; takes equally long whichever it was."""
        verdicts = [hmac.compare_digest(mac.digest(), self._claimed) for mac in self._macs]
        return any(verdicts)
