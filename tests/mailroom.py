"""A real SMTP server on loopback that answers as it is told and remembers what it took."""

import asyncio
import email
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from typing import Any

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

LOGIN = LoginPassword(b"gateway", b"made-up-password")


@dataclass(slots=True)
class Taken:
    """One mail that the server took."""

    sender: str
    recipients: list[str]
    content: bytes
    encrypted: bool
    login: bool

    @property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.content, policy=POLICY)


@dataclass(slots=True)
class Mailroom:
    """What the server says, and what it has taken; the hooks' names are aiosmtpd's."""

    port: int = 0
    taken: list[Taken] = field(default_factory=list)
    sender: str = "250 OK"
    recipients: dict[str, str] = field(default_factory=dict)
    """What is replied to each; the others are welcome."""
    data: str = "250 2.0.0 Ok: queued"
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        envelope.mail_from = address
        return self.sender

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        reply = self.recipients.get(address, "250 OK")
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        content = envelope.original_content or b""
        taken = Taken(
            sender=envelope.mail_from or "",
            recipients=list(envelope.rcpt_tos),
            content=content,
            encrypted=session.ssl is not None,
            login=bool(session.authenticated),
        )
        async with self.arrived:
            self.taken.append(taken)
            self.arrived.notify_all()
        return self.data

    async def wait_for(self, count: int, seconds: float = 20) -> list[Taken]:
        """What it took, once there is so much; fails where it does not come."""
        async with asyncio.timeout(seconds), self.arrived:
            await self.arrived.wait_for(lambda: len(self.taken) >= count)
        return self.taken


def authenticate(
    _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: Any
) -> AuthResult:
    """Lets in who says LOGIN; what is wrong is answered by 535."""
    return AuthResult(success=given == LOGIN, handled=False)


@asynccontextmanager
async def mailroom(*, tls: ssl.SSLContext | None = None, **options: Any) -> AsyncIterator[Mailroom]:
    """The server, on a port of the system's choice; `tls` encrypts it from the start."""
    room = Mailroom()
    loop = asyncio.get_running_loop()
    options = {"hostname": "mail.example", "loop": loop, **options}
    server = await loop.create_server(lambda: SMTP(room, **options), "127.0.0.1", 0, ssl=tls)
    room.port = server.sockets[0].getsockname()[1]
    try:
        yield room
    finally:
        server.close()
        await server.wait_closed()


def certified() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's TLS for 127.0.0.1 and localhost, and what trusts it."""
    authority = trustme.CA()
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(theirs)
    ours = ssl.create_default_context()
    authority.configure_trust(ours)
    return theirs, ours
