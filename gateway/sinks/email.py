"""E-mail by an SMTP server: one message to all recipients, told again only to those who lack it."""

import re
from collections.abc import Mapping
from email.headerregistry import Address
from ipaddress import ip_address
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    PlainValidator,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from gateway.model.exchange import Delivered, Login, Mail, Message, Refused, Security
from gateway.model.limits import cut
from gateway.sandbox.marks import varies
from gateway.settings.interpolation import is_placeholder
from gateway.settings.problem import Loc
from gateway.settings.secrets import Secret
from gateway.settings.types import Duration, SecretText, Whole, problem
from gateway.sinks.mailbox import mailbox, mailboxes
from gateway.sinks.mime import Letter, content
from gateway.sinks.recipients import Settled, outcome
from gateway.sinks.sink import AnyExchange, Format, SinkSettings
from gateway.sinks.usual import Usual

PORTS: Mapping[Security, int] = {"starttls": 587, "tls": 465, "none": 25}
MAX_SUBJECT = 200
MAX_BYTES = 10_000_000
"""What mail servers take as a rule."""

# With underscores: containers and clusters name their services so.
_HOST = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?")
# In a List-Id a dot would part two labels.
_NO_LABEL = re.compile(r"[^A-Za-z0-9]+")
_NO_ADDRESS = "not an e-mail address; write name@example.com"


def _host(text: str) -> str:
    try:
        ip_address(text)
    except ValueError:
        if not _HOST.fullmatch(text):
            raise problem("not a host; write smtp.example.com, the port in `port`") from None
    return text


def _whole(text: str) -> str:
    """The text, an address too where it stands in for a variable that is not there."""
    return f"{text}@unset.invalid" if is_placeholder(text) else text


def _address(text: Any) -> Address:
    found = mailbox(_whole(text)) if isinstance(text, str) else None
    if found is None:
        raise problem(f"{_NO_ADDRESS} or Name <name@example.com>")
    return found


def _addresses(text: str) -> str:
    text = _whole(text)
    sound, strange = mailboxes([text])
    if not varies(text) and (strange or not sound):
        raise problem(f"{_NO_ADDRESS}, or several with commas")
    return text


MailboxText = Annotated[
    Address,
    PlainValidator(_address),
    WithJsonSchema({"type": "string", "examples": ["a@b.example"]}),
]
"""An Address, written `name@example.com` or `Name <name@example.com>`."""


class EmailSettings(SinkSettings):
    """People, by way of a mail server."""

    type: Literal["email"]
    host: Annotated[str, AfterValidator(_host)]
    port: Whole | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="587 with starttls, 465 with tls, 25 with none, unless given",
    )
    security: Security = Field(
        default="starttls",
        description="starttls: encrypted after the greeting, or not sent; tls: from the start",
    )
    username: str | None = Field(default=None, min_length=1, repr=False)
    password: SecretText | None = None
    sender: MailboxText = Field(alias="from")
    to: list[Annotated[str, AfterValidator(_addresses)]] = Field(
        min_length=1, description="Addresses; an expression may give several with commas"
    )
    reply_to: MailboxText | None = None
    timeout: Duration = Field(
        default=60.0, gt=0, le=300, description="Mail servers look at a message before they take it"
    )

    @field_validator("proxy")
    @classmethod
    def _no_proxy(cls, proxy: Secret | None) -> Secret | None:
        if proxy is not None:
            raise problem("mail goes to its server directly, not by an HTTP proxy; take this away")
        return proxy

    @model_validator(mode="after")
    def _whole_login(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise problem("username and password go together; write both or neither")
        return self

    def warnings(self) -> list[tuple[Loc, str]]:
        """A password that anybody on the way can read."""
        if self.security == "none" and self.password is not None:
            return [(("security",), "the password is sent unencrypted; write starttls or tls")]
        return []


class Email(Usual):
    """Sends each message once to each recipient."""

    type: ClassVar[str] = "email"
    format: ClassVar[Format] = "txt"
    """Its first line is the subject."""
    also: ClassVar[tuple[Format, ...]] = ("html",)

    def __init__(self, name: str, settings: EmailSettings) -> None:
        super().__init__(name, settings)
        self._own = settings

    @property
    def values(self) -> Mapping[str, Any]:
        """The recipients."""
        return {"to": self._own.to}

    def deliver(self, message: Message, receipt: Mapping[str, str] | None) -> AnyExchange:
        """One mail to all who lack it; the receipt says who has it, while somebody does not."""
        to, _ = mailboxes(message.values.get("to", ()))
        if not to:
            return Refused(reason="bad_request", detail="`to` gives no e-mail address")
        if not message.body.strip():
            return Refused(reason="bad_request", detail="the message is empty")
        before = Settled.read(receipt, message.identity)
        asked = before.left(to)
        if not asked and before.told:
            return Delivered(detail="every recipient has it already")
        if not asked:
            return Refused(reason="not_found", detail="every recipient has been refused")
        written = self._content(message)
        if len(written) > MAX_BYTES:
            return Refused(reason="too_large", detail=_too_large(written))
        response = yield Mail(
            host=self._own.host,
            port=self._own.port or PORTS[self._own.security],
            security=self._own.security,
            login=self._login(),
            sender=self._own.sender.addr_spec,
            recipients=asked,
            content=written,
            timeout=self._own.timeout,
        )
        secrets = [self._own.password] if self._own.password else []
        return outcome(response, asked, before, identity=message.identity, secrets=secrets)

    def faults(self, message: Message) -> list[str]:
        """What is no address, too long for a subject, or more than mail servers take."""
        subject, _ = _parts(message)
        _, strange = mailboxes(message.values.get("to", ()))
        faults = [f"{cut(each, 80)!r} is not an e-mail address; it is left out" for each in strange]
        if not subject:
            faults.append("the message is empty; its first line is the subject")
        if len(subject) > MAX_SUBJECT:
            faults.append(f"the subject has {len(subject)} characters, {MAX_SUBJECT} are sent")
        written = self._content(message)
        return faults + ([_too_large(written)] if len(written) > MAX_BYTES else [])

    def _login(self) -> Login | None:
        if self._own.username is None or self._own.password is None:
            return None
        return Login(self._own.username, self._own.password.reveal())

    def _content(self, message: Message) -> bytes:
        subject, text = _parts(message)
        to, _ = mailboxes(message.values.get("to", ()))
        return content(
            Letter(
                sender=self._own.sender,
                to=to.values(),
                reply_to=self._own.reply_to,
                subject=cut(subject, MAX_SUBJECT),
                text=text,
                html=message.also.get("html", ""),
                identity=message.identity,
                thread=message.alias,
                mailing_list=_NO_LABEL.sub("-", self.name),
                timestamp=message.timestamp,
            )
        )


def _parts(message: Message) -> tuple[str, str]:
    """Subject and text: the first line of what the template made, and what follows it."""
    subject, _, text = message.body.strip().partition("\n")
    return subject.strip(), text.lstrip("\r\n")


def _too_large(written: bytes) -> str:
    return f"the mail has {len(written)} bytes, mail servers take {MAX_BYTES} as a rule"
