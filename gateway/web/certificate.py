"""The listener's certificate: modern TLS, and a new chain without a restart."""

import hashlib
import ssl
from pathlib import Path

from gateway import logs
from gateway.errors import CannotStart


class Certificate:
    """A TLS context whose chain follows its files."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._files = (certificate, key)
        self._log = logs.get("web")
        self._seen = self._digest()
        try:
            self.context = _context(self._files)
        except (OSError, ValueError) as error:
            raise CannotStart(
                f"server.tls: cannot use {certificate} with {key}: {_words(error)}"
            ) from None

    def reload(self) -> None:
        """Serves new handshakes with what the files hold now; a bad pair changes nothing."""
        digest = self._digest()
        if digest == self._seen:
            return
        self._seen = digest
        try:
            # A certificate that is loaded without its key breaks a context: try it elsewhere.
            _context(self._files)
            _load(self.context, self._files)
        except (OSError, ValueError) as error:
            self._log.error("certificate refused, the old one stays", why=_words(error))
        else:
            self._log.info("certificate reloaded")

    def _digest(self) -> bytes:
        return b"".join(hashlib.sha256(_content(file)).digest() for file in self._files)


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        return str(error).encode()  # a file that cannot be read is a change too, told once


def _context(files: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Mozilla's "intermediate": forward secrecy and authenticated encryption only.
    # https://wiki.mozilla.org/Security/Server_Side_TLS
    context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    _load(context, files)
    return context


def _load(context: ssl.SSLContext, files: tuple[Path, Path]) -> None:
    # An encrypted key would make OpenSSL ask for its password on the terminal.
    context.load_cert_chain(*files, password=lambda: b"")


def _words(error: Exception) -> str:
    reason = error.reason if isinstance(error, ssl.SSLError) else getattr(error, "strerror", "")
    return str(reason or error)
