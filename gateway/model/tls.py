"""What secures connections to one place: authorities and a certificate of one's own."""

import ssl
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """PEM files; without any of them the system's authorities count and no certificate is shown."""

    ca: Path | None = None
    """Authorities that count instead of the system's."""
    certificate: Path | None = None
    """The chain that is shown to the other side."""
    key: Path | None = None
    """Its private key; None where that stands in the certificate's file."""

    @property
    def paths(self) -> tuple[Path, ...]:
        """Those files that are named."""
        return tuple(each for each in (self.ca, self.certificate, self.key) if each is not None)

    def context(self) -> ssl.SSLContext:
        """A client's context by what the files hold now: the other side is always verified.

        Raises OSError (`ssl.SSLError` among them) or ValueError where they are no good.
        """
        context = ssl.create_default_context(cafile=self.ca)
        if self.certificate is not None:
            # An encrypted key would make OpenSSL ask for its password on the terminal.
            context.load_cert_chain(self.certificate, self.key, password=lambda: b"")
        return context


def words(error: Exception) -> str:
    """What is wrong with the files, shortly: `key values mismatch`."""
    if isinstance(error, ssl.SSLError):
        # OpenSSL gives no reason where it found nothing of the kind that it looked for.
        known = (error.reason or "").replace("_", " ").lower()
        return known or "not in the PEM file, or locked by a password"
    return str(getattr(error, "strerror", "") or error).lower()
