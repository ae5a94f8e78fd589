"""E-mail addresses as the settings write them: `name@example.com` or `Name <name@example.com>`.

Addresses are ASCII: others need SMTPUTF8 (RFC 6531), which not every server on the way has.
"""

import re
from collections.abc import Iterable, Mapping
from email.headerregistry import Address
from typing import Any

# RFC 5322, section 3.4.1, without quoted names: none of these can end an address or a command.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_HOST = r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)"
_ADDRESS = rf"(?P<local>{_ATOM}(?:\.{_ATOM})*)@(?P<domain>{_HOST}(?:\.{_HOST})*)"
_BARE = re.compile(_ADDRESS)
_NAMED = re.compile(rf"(?P<name>[^<>@,\x00-\x1f\x7f]*)<{_ADDRESS}>")
# RFC 5321, section 4.5.3.1.
_LONGEST_LOCAL, _LONGEST_DOMAIN = 64, 255


def mailbox(text: str) -> Address | None:
    """The address that a text spells; None where it is none."""
    text = text.strip()
    found = _BARE.fullmatch(text) or _NAMED.fullmatch(text)
    if not found or len(found["local"]) > _LONGEST_LOCAL or len(found["domain"]) > _LONGEST_DOMAIN:
        return None
    name = found.groupdict().get("name", "").strip().strip('"')
    return Address(name, found["local"], found["domain"])


def mailboxes(texts: Iterable[Any]) -> tuple[Mapping[str, Address], list[str]]:
    """Every address in some texts, each of which may hold several between commas, and the rest.

    The addresses are by their bare spelling, in order, each one once.
    """
    pieces = [piece.strip() for text in texts for piece in str(text or "").split(",")]
    found = {piece: mailbox(piece) for piece in dict.fromkeys(pieces) if piece}
    sound = {each.addr_spec: each for each in found.values() if each is not None}
    return sound, [piece for piece, each in found.items() if each is None]
