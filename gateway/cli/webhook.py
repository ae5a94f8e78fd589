"""Signed sample webhooks, as Snyk would send them."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from gateway import codec, samples
from gateway.errors import Unreadable
from gateway.model.exchange import Request, Response
from gateway.model.secret import Concealed
from gateway.sources.snyk import signed_headers
from gateway.transport.http import Http

Send = Callable[[Request], Awaitable[Response]]

ACCEPTED = "accepted"


@asynccontextmanager
async def sending() -> AsyncIterator[Send]:
    """A client's `send`, for as long as it lasts."""
    http = Http()
    try:
        yield http.send
    finally:
        await http.close()


def webhook_url(url: str) -> str:
    """The address of the webhook: a bare address gets Snyk's path."""
    parts = urlsplit(url)
    if "/webhooks/" in parts.path:
        return url
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + "/webhooks/snyk"))


def webhook(url: str, secret: str, sample: Mapping[str, Any], at: datetime) -> Request:
    """The request that brings one sample to the gateway."""
    body = samples.encode(sample)
    headers = signed_headers(
        body,
        secret,
        event=samples.event(sample),
        transport_id=str(uuid.uuid4()),
        timestamp=at.isoformat().replace("+00:00", "Z"),
    )
    return Request(
        method="POST",
        url=Concealed(url),
        headers=headers,
        body=body,
        timeout=60.0,
    )


def verdict(response: Response) -> str:
    """`accepted`, `duplicate`, `unreadable`, or the status of a refusal."""
    if response.status != HTTPStatus.OK:
        return f"status {response.status}"
    try:
        answer = codec.decode(response.body)
    except Unreadable:
        answer = None
    status = answer.get("status") if isinstance(answer, dict) else None
    return status if isinstance(status, str) else "status 200, but not from a gateway"
