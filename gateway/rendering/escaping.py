"""Outside text, written so that it can neither leave its place in a document nor ping anybody.

One pure function per format; each takes any text and gives what stands for it in the document.
"""

import re
from collections.abc import Callable, Mapping
from html import escape
from types import MappingProxyType
from urllib.parse import quote

from gateway.codec import encode

Escape = Callable[[str], str]

# Controls but for tab and line breaks, bidi embeddings, overrides and isolates, halves of
# surrogate pairs: none of them says anything, all of them can mislead.
_MISLEADING = (
    r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff"  # ranges
)
_UNSAFE = re.compile(f"[{_MISLEADING}]")
_UNPRINTABLE = re.compile(rf"[{_MISLEADING}\t\n\r\u2028\u2029]")
_REPLACEMENT = "\ufffd"
# Parts a sign from its word for machines; people do not see it.
_ZERO_WIDTH = "\u200b"

# Most texts: printable ASCII without what JSON or a script element would read.
_AS_IT_IS = re.compile(r"[ !#-;=-\[\]-~]*")
_IN_SCRIPT = {ord("<"): "\\u003c", 0x2028: "\\u2028", 0x2029: "\\u2029"}
_BYTES = 0x100
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_LINE_BREAK = re.compile("\r\n|[\n\r\u2028\u2029]")

# Slack reads these words in text objects that are not `verbatim`, and where `parse` is on.
_SLACK_PING = re.compile(r"@(?=channel|here|everyone)", re.IGNORECASE)
# People and teams, issues and merge requests: GitHub, GitLab and chats look for these after
# Markdown was read, so that a backslash does not stop them.
_MD_PING = re.compile(r"@|[#!](?=\d)")
_MD_MARK = re.compile(r"([!\"#$&'()*+\-.:<=>\[\\\]^_`{|}~])")
# What the Markdown of cards and chats knows. Their apps show a backslash that is not needed.
# https://learn.microsoft.com/en-us/adaptive-cards/authoring-cards/text-features
_CARD_MARK = re.compile(r"([#()*\-<>\[\\\]_`|~])")
_CEF_MARK = re.compile(r"([\\|=])")


def plain(text: str) -> str:
    """The text without what misleads; no format's marks are touched."""
    return _UNSAFE.sub(_REPLACEMENT, text)


def json(text: str) -> str:
    """The inside of a JSON string; safe in a script element too."""
    if _AS_IT_IS.fullmatch(text):
        return text
    return encode(plain(text)).decode()[1:-1].translate(_IN_SCRIPT)


def mrkdwn(text: str) -> str:
    """Slack's markup in which nothing is a link, a mention or a command."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SLACK_PING.sub("@" + _ZERO_WIDTH, text)


def slack(text: str) -> str:
    """Slack's markup inside a JSON string."""
    return json(mrkdwn(text))


def md(text: str) -> str:
    """One line of Markdown in which nothing is markup, a link, a mention or a reference."""
    line = re.sub(r"\s+", " ", plain(text))
    return _MD_MARK.sub(r"\\\1", _MD_PING.sub(rf"\g<0>{_ZERO_WIDTH}", line))


def card(text: str) -> str:
    """Markdown as cards and chats read it, on one line, inside a JSON string."""
    line = re.sub(r"\s+", " ", plain(text))
    return json(_CARD_MARK.sub(r"\\\1", _MD_PING.sub(rf"\g<0>{_ZERO_WIDTH}", line)))


def gchat(text: str) -> str:
    """Google Chat's HTML inside a JSON string."""
    return json(html(text))


def html(text: str) -> str:
    """HTML's text, or the inside of a quoted attribute."""
    return escape(plain(text))


def txt(text: str) -> str:
    """One line in which whatever cannot be seen is written as an escape."""
    return _UNPRINTABLE.sub(_visible, text)


def cef(text: str) -> str:
    """A value of CEF's; the marks of header and extension are both escaped, on one line."""
    return _LINE_BREAK.sub(r"\\n", _CEF_MARK.sub(r"\\\1", plain(text)))


def segment(text: str) -> str:
    """One percent-encoded segment of a URL's path, or one value in its query."""
    return quote(plain(text), safe="")


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    escaped = f"\\x{code:02x}" if code < _BYTES else f"\\u{code:04x}"
    return _SHORT.get(match[0], escaped)


FORMATS: Mapping[str, Escape] = MappingProxyType(
    {
        "json": json,
        "slack": slack,
        "card": card,
        "gchat": gchat,
        "md": md,
        "html": html,
        "txt": txt,
        "cef": cef,
    }
)
"""The suffix of a template's file, and how its `{{ }}` are escaped."""

JSON_FORMATS = frozenset({"json", "slack", "card", "gchat"})
"""Formats whose documents are JSON."""
