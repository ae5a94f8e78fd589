"""An HTTP endpoint that verifies Standard Webhooks: https://www.standardwebhooks.com."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Iterator
from typing import Any

from gateway import codec
from gateway.errors import Unreadable
from gateway.web.standins.standin import Answer, Call, Received

_TOLERANCE = 300
"""Seconds that a timestamp may be away from now."""


class Http:
    """Verifies every request, and takes a repeated webhook-id for the repetition it is."""

    def __init__(self, secret: str, now: Callable[[], float]) -> None:
        self.received: list[Received] = []
        self._secret = secret
        self._now = now
        self._seen: set[str] = set()

    def answer(self, call: Call) -> Answer:
        """Judges and keeps one request."""
        identity = call.headers.get("webhook-id", "")
        faults = list(self._faults(call, identity))
        body = _read(call.body)
        faults += [] if body is not None else ["not a JSON object"]
        if not faults and identity in self._seen:
            return Answer(200, '{"repeated":true}')
        self._seen.add(identity)
        what, text = _words(body or {})
        self.received.append(
            Received(what=what, text=text, identity=identity, faults=tuple(faults))
        )
        return Answer(401 if faults else 200, "{}")

    def _faults(self, call: Call, identity: str) -> Iterator[str]:
        if not self._secret:
            return
        if not identity:
            yield "no webhook-id"
        timestamp = call.headers.get("webhook-timestamp", "")
        if not timestamp.isdecimal() or abs(int(timestamp) - self._now()) > _TOLERANCE:
            yield "no timestamp of now"
        signatures = call.headers.get("webhook-signature", "").split(" ")
        expected = _signature(self._secret, f"{identity}.{timestamp}.".encode() + call.body)
        if not any(hmac.compare_digest(each.encode(), expected) for each in signatures):
            yield "wrong signature"


def _signature(secret: str, signed: bytes) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        key = secret.encode()
    return b"v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256))


def _read(body: bytes) -> dict[str, Any] | None:
    try:
        value = codec.decode(body)
    except Unreadable:
        return None
    return value if isinstance(value, dict) else None


def _words(body: dict[str, Any]) -> tuple[str, str]:
    """What a default body says: of an alert whether it is open, else what it is about."""
    alert = body.get("alert")
    if not isinstance(alert, dict):
        return "message", str(body.get("type") or _snyks_own(body))
    what = "resolved" if alert.get("status") == "resolved" else "open"
    return what, " ".join(str(word) for word in (body.get("type"), body.get("route")) if word)


def _snyks_own(body: dict[str, Any]) -> str:
    project = body.get("project")
    name = project.get("name") if isinstance(project, dict) else None
    return f"Snyk's own webhook{f' about {name}' if name else ''}"
