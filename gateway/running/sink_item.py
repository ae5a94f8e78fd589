"""A sink as the admin side shows it."""

from datetime import datetime
from typing import Any

from gateway.sinks.sink import Sink
from gateway.store.deliveries import SinkGauge
from gateway.store.sinks import SinkState


def sink_item(
    sink: Sink, state: SinkState, gauge: SinkGauge | None, now: datetime
) -> dict[str, Any]:
    """The sink, ready for JSON."""
    until, rate = state.paused_until, sink.settings.rate
    return {
        "name": sink.name,
        "type": sink.type,
        "mode": sink.settings.mode,
        "paused": state.paused,
        "paused_until": until if until is not None and until > now else None,
        "breaker": "open" if state.breaker.is_open else "closed",
        "open_since": state.breaker.open_since,
        "probe_at": state.breaker.probe_at,
        "rate": None if rate is None else str(rate),
        "pending": gauge.pending if gauge else 0,
        "dead": gauge.dead if gauge else 0,
        "oldest_due_seconds": gauge.oldest_due_seconds if gauge else 0.0,
    }
