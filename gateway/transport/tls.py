"""TLS contexts that follow their files."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from gateway import logs
from gateway.errors import TransportError
from gateway.model.tls import TlsFiles, words

_Seen = tuple[tuple[int, int, int] | None, ...]


@dataclass(slots=True)
class _Kept:
    seen: _Seen
    context: ssl.SSLContext | None
    """None where the files have never been any good."""


class Contexts:
    """One context for each set of files, made anew when one of them has changed."""

    def __init__(self) -> None:
        self._kept: dict[TlsFiles, _Kept] = {}
        self._log = logs.get("tls")

    def of(self, files: TlsFiles) -> ssl.SSLContext:
        """The context of what the files hold now.

        While they are no good, such as a new chain before its key, the last good one. Raises
        TransportError where there is none.
        """
        seen = tuple(map(_stirred, files.paths))
        kept = self._kept.get(files)
        if kept is None or kept.seen != seen:
            kept = _Kept(seen, self._made(files, kept))
            self._kept[files] = kept
        if kept.context is None:
            raise TransportError("tls", "the sink's tls files cannot be used")
        return kept.context

    def _made(self, files: TlsFiles, before: _Kept | None) -> ssl.SSLContext | None:
        try:
            return files.context()
        except (OSError, ValueError) as error:
            names = [str(path) for path in files.paths]
            self._log.error("tls files refused", files=names, why=words(error))
            return before.context if before else None


def _stirred(path: Path) -> tuple[int, int, int] | None:
    """What changes with the file, also where a link is put on another one."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size
