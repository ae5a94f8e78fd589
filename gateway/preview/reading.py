"""An event out of a file, read as the gateway would read it."""

from datetime import datetime

from gateway.model.event import Event
from gateway.pipeline.parts import Parts


def read(parts: Parts, body: bytes, at: datetime) -> Event:
    """The event in a body, as the first source reads it; raises Unreadable."""
    source = next(iter(parts.sources.values()))
    return source.read(body, id="preview", received_at=at, version="v0")


def skipped(parts: Parts, event: Event, *, ignored: bool) -> bool:
    """Whether the source leaves such a finding out."""
    return ignored and parts.sources[event.source].skip_ignored
