"""What the public side needs of the pipeline."""

from typing import Protocol

from gateway.sources.source import Headers, Source


class Accepted(Protocol):
    """What Snyk is answered."""

    @property
    def event(self) -> str:
        """The event's id."""
        ...

    @property
    def status(self) -> str:
        """`accepted`, `duplicate` or `unreadable`."""
        ...


class AcceptEvent(Protocol):
    """Stores a verified webhook."""

    async def __call__(self, source: Source, body: bytes, headers: Headers) -> Accepted:
        """What became of it, after the commit that holds the body; raises Unavailable."""
        ...
