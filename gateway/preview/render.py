"""The exact requests that an event would make."""

from collections.abc import Iterator
from datetime import datetime
from itertools import count
from typing import Any

from gateway.alerting.telling import choose
from gateway.alerting.transition import Known, transition
from gateway.model.alert import Alert
from gateway.model.delivery import Told
from gateway.model.exchange import Request
from gateway.model.secret import STARS
from gateway.pipeline.compose import compose
from gateway.pipeline.matching import candidates
from gateway.pipeline.parts import Parts
from gateway.preview.reading import read
from gateway.sinks.sink import Sink


def render(parts: Parts, body: bytes, at: datetime, sink: str | None) -> list[dict[str, Any]]:
    """The requests, secrets starred; of one sink only where it is named.

    The first request of each delivery: what follows depends on the answer. Raises Unreadable where
    the body is not an event, TemplateError where a sink's setting cannot be worked out.
    """
    return [
        _shown(parts, name, request)
        for alert in _opened(parts, body, at)
        for name in alert.sinks
        if sink in (None, name)
        for request in _requests(parts, parts.sinks[name], alert, at)
    ]


def _opened(parts: Parts, body: bytes, at: datetime) -> tuple[Alert, ...]:
    event = read(parts, body, at)
    numbers = count(1)
    changes = transition(
        event,
        candidates(event, parts.tree, instance=parts.instance),
        Known(),
        now=at,
        new_id=lambda prefix, _now: f"{prefix}_preview_{next(numbers)}",
        skip_ignored=parts.sources[event.source].skip_ignored,
        resolving=parts.resolving,
    )
    return changes.alerts


def _requests(parts: Parts, sink: Sink, alert: Alert, at: datetime) -> Iterator[Request]:
    notice = choose(
        alert, alert.revision, Told(), lifecycle=sink.lifecycle, send_resolved=sink.send_resolved
    )
    if notice is not None:
        composed = compose(parts, notice, sink, timestamp=int(at.timestamp()))
        request = next(sink.deliver(composed.message, None), None)
        if request is not None:
            yield request


def _shown(parts: Parts, sink: str, request: Request) -> dict[str, Any]:
    return {
        "sink": sink,
        "method": request.method,
        "url": _url(parts, request),
        "headers": {name: _header(parts, name, text) for name, text in request.headers.items()},
        "body": parts.redaction(request.body.decode("utf-8", "replace")),
    }


def _url(parts: Parts, request: Request) -> str:
    """The URL; as scheme and host where any of it is secret."""
    url = request.url.reveal()
    return url if parts.redaction(url) == url else str(request.url)


def _header(parts: Parts, name: str, text: str) -> str:
    return STARS if name.lower() == "authorization" else parts.redaction(text)
