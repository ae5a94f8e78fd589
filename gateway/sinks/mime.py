"""The bytes of an e-mail (RFC 5322): a text, perhaps as HTML too, and headers that thread it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address, HeaderRegistry, MessageIDHeader
from email.message import EmailMessage
from email.policy import SMTP

_REGISTRY = HeaderRegistry()
# By themselves long ones would be folded as text is, into something that is no id any more.
for _name in ("in-reply-to", "references", "list-id"):
    _REGISTRY.map_to_type(_name, MessageIDHeader)  # type: ignore[arg-type]  # the stubs know one kind only
_POLICY = SMTP.clone(header_factory=_REGISTRY)
# Text that begins like an encoded word (RFC 2047) would be decoded once more by its reader.
_ENCODED_WORD, _DEFUSED = "=?", "= ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What an e-mail says, and to whom."""

    sender: Address
    to: Iterable[Address]
    reply_to: Address | None
    subject: str
    text: str
    html: str
    """Empty: the text alone."""
    identity: str
    """Makes the Message-ID: equal over all tries of one delivery."""
    thread: str
    """Makes the id that every e-mail of one alert answers to."""
    mailing_list: str
    """Letters, digits and hyphens: what the alerts of one sink are sorted by."""
    timestamp: int


def content(letter: Letter) -> bytes:
    """The e-mail in ASCII, with CRLF, no line beyond 998 bytes; equal for equal arguments."""
    domain = letter.sender.domain
    thread = f"<{letter.thread}@snyk-gateway.{domain}>"
    message = EmailMessage(policy=_POLICY)
    message["From"] = letter.sender
    message["To"] = tuple(letter.to)
    if letter.reply_to is not None:
        message["Reply-To"] = letter.reply_to
    message["Subject"] = _one_line(letter.subject)
    message["Date"] = datetime.fromtimestamp(letter.timestamp, UTC)
    message["Message-ID"] = f"<{letter.identity}@snyk-gateway.{domain}>"
    message["In-Reply-To"] = thread
    message["References"] = thread
    message["List-Id"] = f"<{letter.mailing_list}.snyk-gateway.{domain}>"
    # RFC 3834, section 5: nobody's holiday notice answers it.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_sound(letter.text), cte="quoted-printable")
    if letter.html:
        message.add_alternative(_sound(letter.html), subtype="html", cte="quoted-printable")
        # Nothing that is quoted-printable holds `=_`.
        message.set_boundary(f"=_{letter.identity[:32]}")
    return message.as_bytes()


def _one_line(text: str) -> str:
    """The text without what would end a header, or could not be seen."""
    shown = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(shown.split()).replace(_ENCODED_WORD, _DEFUSED)


def _sound(text: str) -> str:
    """The text without halves of surrogate pairs, which no charset has."""
    return text.encode(errors="replace").decode()
