"""What is exchanged with a sink: message, request, response, outcome."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.model.about import About
from gateway.model.delivery import Action
from gateway.model.secret import Concealed
from gateway.model.tls import TlsFiles

SUCCESSES = range(200, 300)
"""HTTP statuses that say that it was done: RFC 9110, section 15.3."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A rendered alert, ready to be turned into a sink's request."""

    action: Action
    alias: str
    """The alert's identity at the sink, 64 hex digits."""
    identity: str
    """Equal over all tries of one delivery, 64 hex digits."""
    timestamp: int
    """Seconds since 1970 of this try."""
    body: str
    """What the template made; already escaped for its format."""
    also: Mapping[str, str] = field(default_factory=dict)
    """The same in the further formats that there is a template for, by format."""
    payload: bytes | None = None
    """Bytes that stand for the body as they are; None: the body counts."""
    reminder: bool = False
    """Nothing changed: an update that only says again that it is still open."""
    severity: str = ""
    """The worst open finding's severity, else the worst fixed one's."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """The sink's settings that may differ per alert, with their expressions worked out."""
    about: About = field(default_factory=About)
    """What it is about, for envelopes that say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request; its repr shows neither path, headers nor body."""

    method: str
    url: Concealed
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    timeout: float = 15.0
    """Seconds for the whole exchange."""
    after: float = 0.0
    """Seconds to let pass before it is sent."""
    proxy: Concealed | None = None
    """An HTTP proxy to go through."""
    tls: TlsFiles | None = None
    """What secures the connection; None: the system's authorities."""


@dataclass(frozen=True, slots=True)
class Login:
    """User name and password; the repr shows the name only."""

    username: str
    password: str = field(repr=False)


Security = Literal["starttls", "tls", "none"]
"""How a connection to a mail server is encrypted: after a plain greeting, from the start, never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One e-mail for an SMTP server; its repr shows neither password nor content.

    The answer's status is the code of the reply that ended it, its header `command` says what was
    replied to. The body is the server's text; for RCPT and DATA a JSON object in which each
    recipient has its last code and text.
    """

    host: str
    port: int
    security: Security
    sender: str
    recipients: tuple[str, ...]
    content: bytes = field(repr=False)
    """As RFC 5322 has it, of ASCII only."""
    login: Login | None = field(default=None, repr=False)
    tls: TlsFiles | None = None
    """Authorities and a certificate of one's own."""
    timeout: float = 60.0
    """Seconds for everything, from the name's resolution to the last reply."""
    after: float = 0.0
    """Seconds to let pass before it is sent."""

    @property
    def method(self) -> str:
        """What stands in a request's place of that name."""
        return "MAIL"

    @property
    def url(self) -> Concealed:
        """The server, as a URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        scheme = "smtps" if self.security == "tls" else "smtp"
        return Concealed(f"{scheme}://{host}:{self.port}")

    @property
    def headers(self) -> Mapping[str, str]:
        """The envelope: what decides who gets it."""
        return {"MAIL FROM": self.sender, "RCPT TO": ", ".join(self.recipients)}

    @property
    def body(self) -> bytes:
        """The content."""
        return self.content


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One notice for a service that Apprise speaks to; its repr shows neither address nor text."""

    address: str = field(repr=False)
    """Apprise's URL; of most services every part but the scheme is a credential."""
    title: str = field(repr=False)
    text: str = field(repr=False)
    kind: Literal["failure", "warning", "success"]
    timeout: float = 15.0
    """Seconds until its answer is given up."""
    after: float = 0.0
    """Seconds to let pass before it is sent."""

    @property
    def method(self) -> str:
        """What stands in a request's place of that name."""
        return "NOTIFY"

    @property
    def url(self) -> Concealed:
        """The service alone."""
        return Concealed(f"{self.address.partition('://')[0]}://")

    @property
    def headers(self) -> Mapping[str, str]:
        """How it is to be shown."""
        return {"type": self.kind}

    @property
    def body(self) -> bytes:
        """Title and text."""
        return f"{self.title}\n\n{self.text}".encode()


AnyRequest = Request | Mail | Notification
"""What a sink may ask to be sent, each by its own protocol."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One answer, as its protocol has it; the body is cut at 64 KiB."""

    status: int
    """HTTP's, or the code of SMTP's reply."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """The sink has it."""

    receipt: Mapping[str, str] | None = None
    status: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Nothing was sent: the sink only records what would have been."""

    detail: str
    status: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TryAgain:
    """It did not work now, and may later."""

    reason: str
    status: int | None = None
    detail: str = ""
    retry_after: float | None = None
    """Seconds that the sink asked for; the whole sink waits."""
    ambiguous: bool = False
    receipt: Mapping[str, str] | None = None
    """What the sink gave back before it went wrong, for the next try to go on from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """It will never work as it is."""

    reason: str
    status: int | None = None
    detail: str = ""
    endpoint: bool = False
    """The endpoint itself refuses (key, URL): nothing else will get through either."""


Outcome = Delivered | Recorded | TryAgain | Refused
