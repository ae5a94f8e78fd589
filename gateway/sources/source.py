"""What a source is: a way to verify a webhook and to read it. No source opens a socket."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from gateway.model.event import Event


class Verification(Protocol):
    """The check of one request's signature, fed while its body streams in."""

    def update(self, chunk: bytes) -> None:
        """Takes the next piece of the raw body."""
        ...

    def holds(self) -> bool:
        """Whether any active secret made the signature; compared in constant time."""
        ...


@dataclass(frozen=True, slots=True)
class Expected:
    """How often a snapshot should come."""

    every: float
    """Seconds."""
    per: Literal["source", "org"]


class Source(Protocol):
    """Verifies and reads the webhooks of one sender."""

    name: str
    skip_ignored: bool
    """Whether findings that Snyk's users ignore make no delivery."""
    expect: Expected | None
    """When its silence is worth a word; None: never."""
    gone_after: float | None
    """Seconds without a snapshot after which a project is gone; None: never."""

    def takes(self, event: Event) -> bool:
        """Whether the event is routed; what it says of others is kept, and that is all."""
        ...

    def verification(self, headers: "Headers") -> Verification | None:
        """A check to feed the body to, or None where the headers alone say that it must fail."""
        ...

    def transport_id(self, headers: "Headers") -> str:
        """The sender's id of this delivery, empty when there is none; unsigned."""
        ...

    def version(self, headers: "Headers") -> str:
        """The version that the unsigned headers name, `v0` when they name none."""
        ...

    def read(self, body: bytes, *, id: str, received_at: datetime, version: str) -> Event:  # noqa: A002 - the event's own word
        """The event in a verified body; raises Unreadable."""
        ...


class Headers(Protocol):
    """A request's headers: names in any case, a name may stand more than once."""

    def getall(self, name: str, default: list[str]) -> list[str]:
        """Every value of a header."""
        ...


def single(headers: Headers, name: str) -> str:
    """The value of a header that stands exactly once, else empty."""
    values = headers.getall(name, [])
    return values[0] if len(values) == 1 else ""
