"""Names and values at the end of a URL."""

from collections.abc import Mapping
from urllib.parse import quote


def with_query(url: str, pairs: Mapping[str, str]) -> str:
    """The URL with the pairs appended, each name and value percent-encoded."""
    if not pairs:
        return url
    added = "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in pairs.items())
    mark = "" if url.endswith(("?", "&")) else "&" if "?" in url else "?"
    return f"{url}{mark}{added}"


def _encoded(text: str) -> str:
    return quote(text, safe="", errors="replace")
