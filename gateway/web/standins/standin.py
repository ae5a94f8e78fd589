"""What a stand-in is: it judges requests, answers as the vendor would, and keeps a list."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One request, judged."""

    what: str
    """message, create, close, note, open or resolved."""
    text: str
    """A few words of it."""
    identity: str = ""
    """Alias or webhook-id, where the request has one."""
    faults: tuple[str, ...] = ()
    """What the vendor would refuse; empty when nothing."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the vendor would answer."""

    status: int
    body: str
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request as it came in; header names in lower case."""

    method: str
    path: str
    """What follows the stand-in's own address."""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Standin(Protocol):
    """One receiver."""

    received: list[Received]

    def answer(self, call: Call) -> Answer:
        """Judges and keeps the request."""
        ...
