"""Outside URLs that a message may link to."""

from urllib.parse import quote, urlsplit

MAX_URL = 2000
# What may stand in a URL as it is. `@` is left out: it would name people in Markdown.
_PLAIN = "%/:?#[]!$&'()*+,;=-._~"


def https(url: str) -> str:
    """The URL with whatever could end it percent-encoded; empty unless it is plain https."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port  # raises where it is no number
    except ValueError:
        return ""
    # With user:password@ the host is not the one that people read.
    if parts.scheme != "https" or not host or "@" in parts.netloc or not host.isascii():
        return ""
    encoded = quote(url, safe=_PLAIN, errors="replace")
    return encoded if len(encoded) <= MAX_URL else ""
