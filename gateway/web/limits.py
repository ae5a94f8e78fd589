"""How much and how long one client may take."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of one listener that no setting changes."""

    head_seconds: float = 10.0
    """A request's first line and headers; the TLS handshake too."""
    body_seconds: float = 30.0
    """A request's whole body."""
    idle_seconds: float = 150.0
    """A kept connection between requests; longer than a proxy's own (Caddy's is two minutes), so
    that it never sends a webhook into a connection that is being closed."""
    linger_seconds: float = 5.0
    """Reading on after a refusal, so that the client gets to see the answer."""
    connections: int = 1024
    headers: int = 64
    header_bytes: int = 8190
    """The first line, and each header."""
