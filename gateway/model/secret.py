"""Values that never print."""

from dataclasses import dataclass
from urllib.parse import urlsplit

STARS = "**********"


@dataclass(frozen=True, slots=True, repr=False)
class Concealed:
    """A URL that may hold a credential: it prints as scheme and host."""

    url: str

    def __repr__(self) -> str:
        return f"Concealed({str(self)!r})"

    def __str__(self) -> str:
        try:
            parts = urlsplit(self.url)
            port = f":{parts.port}" if parts.port else ""
        except ValueError:  # a secret file may hold anything
            return STARS
        return f"{parts.scheme}://{parts.hostname or ''}{port}/{STARS}"

    def reveal(self) -> str:
        """The URL itself."""
        return self.url
