"""The SMTP client that mail goes out by: one connection per message, encrypted as it is asked for.

https://www.rfc-editor.org/rfc/rfc5321 and, for STARTTLS, https://www.rfc-editor.org/rfc/rfc3207
"""

import asyncio
import re
import socket
import ssl
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from aiosmtplib import (
    SMTP,
    SMTPConnectError,
    SMTPException,
    SMTPResponse,
    SMTPResponseException,
    SMTPServerDisconnected,
)

from gateway.codec import encode
from gateway.errors import Blocked, TransportError
from gateway.model.exchange import Mail, Response
from gateway.model.tls import TlsFiles
from gateway.transport.guard import Denied, Rules, guarded
from gateway.transport.patience import Until, patience
from gateway.transport.tls import Contexts
from gateway.transport.words import system_words, tls_words

# Seconds for QUIT: the message has been taken by then.
_FAREWELL = 2.0
# Characters of one reply that are kept.
_LONGEST_REPLY = 500
_TAKEN = range(200, 300)
# RFC 5321, section 3.8: the server closes the connection, at whatever command.
_CLOSING = 421
_HOST_NAME = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


@dataclass(slots=True)
class Progress:
    """How far one message has come."""

    until: Until
    command: str = "CONNECT"
    """What a reply is awaited to."""


class Smtp:
    """Hands mail to servers that the egress rules allow."""

    def __init__(
        self,
        rules: Rules | None = None,
        *,
        connect_timeout: float = 10.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """The client; `rules` may change at any time."""
        self._rules = rules or Rules()
        self._factory = guarded(self._rules)
        self._connect_timeout = connect_timeout
        self._tls = tls
        self._contexts = Contexts()

    async def send(self, mail: Mail) -> Response:
        """The server's last word on the message; raises TransportError where there was none."""
        progress = Progress(Until(mail.timeout))
        client = SMTP(hostname=mail.host, use_tls=mail.security == "tls", timeout=None)
        try:
            async with patience(mail.timeout):
                response = await self._conversed(client, mail, progress)
        except Denied as error:
            raise Blocked(str(error)) from None
        except (SMTPException, OSError) as error:
            # The library's own text may hold what was sent, so it goes no further.
            raise translated(error, progress.command) from None
        else:
            await _quit(client)
            return response
        finally:
            client.close()

    async def _conversed(self, client: SMTP, mail: Mail, progress: Progress) -> Response:
        try:
            await self._connect(client, mail)
            await self._introduce(client, mail, progress)
            return await _hand_over(client, mail, progress)
        except SMTPResponseException as refusal:
            if refusal.code < 0:  # no reply as SMTP has it
                raise
            return Response(
                status=refusal.code,
                headers={"command": progress.command},
                body=_text(refusal.message).encode(),
            )

    async def _connect(self, client: SMTP, mail: Mail) -> None:
        sock = await self._connected(mail.host, mail.port)
        tls = None if mail.security == "none" else self._trusting(mail.tls)
        # Neither STARTTLS nor AUTH here: both are steps of their own, with errors of their own.
        await client.connect(
            sock=sock, local_hostname=_own_name(sock), tls_context=tls, start_tls=False
        )

    async def _connected(self, host: str, port: int) -> socket.socket:
        """A connection to the first address of the host that may be and can be reached.

        Raises Denied only where no other address is left.
        """
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        failures: list[OSError] = []
        for info in found:
            try:
                async with asyncio.timeout(self._connect_timeout / len(found)):
                    return await _opened(self._factory(info), info[4])
            except OSError as error:
                failures.append(error)
        raise next((each for each in failures if not isinstance(each, Denied)), failures[0])

    async def _introduce(self, client: SMTP, mail: Mail, progress: Progress) -> None:
        progress.command = "EHLO"
        await client.ehlo()
        if mail.security == "starttls":
            if not client.supports_extension("starttls"):
                raise TransportError("tls", "the server offers no STARTTLS")
            progress.command = "STARTTLS"
            await client.starttls()
            progress.command = "EHLO"
            await client.ehlo()
        if mail.login is not None:
            if not client.supported_auth_methods:
                raise TransportError("network", "the server offers no AUTH that is known here")
            progress.command = "AUTH"
            await client.login(mail.login.username, mail.login.password)

    def _trusting(self, files: TlsFiles | None) -> ssl.SSLContext:
        """What certificates are checked by: without files the system's authorities."""
        if files is not None:
            return self._contexts.of(files)
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls


async def _opened(sock: socket.socket, address: Any) -> socket.socket:
    try:
        sock.settimeout(0)
        await asyncio.get_running_loop().sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock


async def _hand_over(client: SMTP, mail: Mail, progress: Progress) -> Response:
    """The last reply to each recipient; the message is sent where anybody is taken."""
    progress.command = "MAIL"
    size = [f"SIZE={len(mail.content)}"] if client.supports_extension("size") else []
    await client.mail(mail.sender, options=size)
    progress.command = "RCPT"
    replies = await _recipients(client, mail.recipients)
    status = min(reply.code for reply in replies.values())
    if status in _TAKEN:
        progress.until.check()
        progress.command = "DATA"
        last = await _replied(client.data(mail.content))
        status = last.code
        replies = {each: last if reply.code in _TAKEN else reply for each, reply in replies.items()}
    said = {each: (reply.code, _text(reply.message)) for each, reply in replies.items()}
    return Response(status=status, headers={"command": progress.command}, body=encode(said))


async def _recipients(client: SMTP, addresses: Sequence[str]) -> Mapping[str, SMTPResponse]:
    replies: dict[str, SMTPResponse] = {}
    for address in addresses:
        reply = await _replied(client.rcpt(address))
        if reply.code == _CLOSING:
            return dict.fromkeys(addresses, reply)
        replies[address] = reply
    return replies


async def _replied(command: Awaitable[SMTPResponse]) -> SMTPResponse:
    """The reply, whichever it is."""
    try:
        return await command
    except SMTPResponseException as refusal:
        if refusal.code < 0:
            raise
        return SMTPResponse(refusal.code, refusal.message)


async def _quit(client: SMTP) -> None:
    """Takes leave as the protocol has it; whether that works is of no account."""
    with suppress(SMTPException, OSError):
        await client.quit(timeout=_FAREWELL)


def _own_name(sock: socket.socket) -> str:
    """What EHLO says: the machine's full name, else its address (RFC 5321, section 4.1.3)."""
    name = socket.gethostname()
    if _HOST_NAME.fullmatch(name):
        return name
    address = str(sock.getsockname()[0]).partition("%")[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _text(message: str) -> str:
    """A reply's text; the library keeps what is not UTF-8 as halves of surrogate pairs."""
    return message[:_LONGEST_REPLY].encode(errors="surrogateescape").decode(errors="replace")


def translated(error: Exception, command: str) -> TransportError:
    """What a failure means that came while a reply to `command` was awaited."""
    ambiguous = command == "DATA"
    cause = error.__cause__ if isinstance(error, SMTPConnectError) else None
    match cause or error:
        case ssl.SSLError() as unsafe:
            return TransportError("tls", tls_words(unsafe), ambiguous=ambiguous)
        case TimeoutError():
            return TransportError("timeout", f"no reply to {command} in time", ambiguous=ambiguous)
        case socket.gaierror():
            return TransportError("dns", "the host's name cannot be resolved")
        case SMTPServerDisconnected():
            text = f"the server closed the connection at {command}"
        case SMTPResponseException():
            text = f"the reply to {command} is not SMTP"
        case broken:
            text = f"the connection broke at {command}: {system_words(broken)}"
    return TransportError("network", text, ambiguous=ambiguous)
