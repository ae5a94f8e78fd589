"""The exact requests that an event would make."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from gateway.model.exchange import AnyRequest
from gateway.model.notice import Notice
from gateway.model.secret import STARS
from gateway.pipeline.compose import compose
from gateway.pipeline.parts import Parts
from gateway.preview.notices import notices
from gateway.preview.reading import read
from gateway.sinks.sink import Sink


def render(parts: Parts, body: bytes, at: datetime, sink: str | None) -> list[dict[str, Any]]:
    """The requests, secrets starred; of one sink only where it is named.

    The first request of each delivery: what follows depends on the answer. Raises Unreadable where
    the body is not an event, TemplateError where a sink's setting cannot be worked out.
    """
    event = read(parts, body, at)
    return [
        _shown(parts, name, request)
        for name, notice in notices(parts, event, body, at)
        if sink in (None, name)
        for request in _requests(parts, parts.sinks[name], notice, at)
    ]


def _requests(parts: Parts, sink: Sink, notice: Notice, at: datetime) -> Iterator[AnyRequest]:
    composed = compose(parts, notice, sink, timestamp=int(at.timestamp()))
    request = next(sink.deliver(composed.message, None), None)
    if request is not None:
        yield request


def _shown(parts: Parts, sink: str, request: AnyRequest) -> dict[str, Any]:
    return {
        "sink": sink,
        "method": request.method,
        "url": _url(parts, request),
        "headers": {name: _header(parts, name, text) for name, text in request.headers.items()},
        "body": parts.redaction(request.body.decode("utf-8", "replace")),
    }


def _url(parts: Parts, request: AnyRequest) -> str:
    """The URL; as scheme and host where any of it is secret."""
    url = request.url.reveal()
    return url if parts.redaction(url) == url else str(request.url)


def _header(parts: Parts, name: str, text: str) -> str:
    return STARS if name.lower() == "authorization" else parts.redaction(text)
