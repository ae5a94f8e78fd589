"""Secrets: from the environment or a file, never printed."""

import base64
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, quote_plus

from gateway.model.secret import STARS

# Shorter values would star half of every line; a secret that short is warned of elsewhere.
_SHORTEST = 4


class Secret:
    """A text that prints as stars; one from a file follows the file."""

    __slots__ = ("_file", "_values")

    def __init__(self, value: str = "", *, file: Path | None = None) -> None:
        self._file = file
        self._values = [value] if file is None else []
        if file is not None:
            self._values.append(_read(file))

    def reveal(self) -> str:
        """The text as it is now: a file is read at each use, so a changed one counts at once.

        While the file cannot be read or is empty, the last text that it held.
        """
        if self._file is not None:
            try:
                text = _read(self._file)
            except (OSError, UnicodeDecodeError):
                return self._values[-1]
            if text and text != self._values[-1]:
                self._values.append(text)
        return self._values[-1]

    def seen(self) -> Iterable[str]:
        """Every text it has ever been: old ones stay secret."""
        return tuple(self._values)

    def __repr__(self) -> str:
        return f"Secret({STARS!r})"

    def __str__(self) -> str:
        return STARS


def revealed(value: Secret | str) -> str:
    """The text of a setting that may be secret."""
    return value if isinstance(value, str) else value.reveal()


def _read(file: Path) -> str:
    # An editor's trailing newline is not part of the secret.
    return file.read_text(encoding="utf-8").rstrip("\r\n")


class Redaction:
    """Stars every known secret in a text: plain, percent-encoded and base64-encoded."""

    def __init__(self) -> None:
        self._secrets: list[Secret] = []
        self._pattern: re.Pattern[str] | None = None
        self._known: frozenset[str] = frozenset()

    def add(self, *secrets: Secret | str) -> None:
        """From now on these print as stars."""
        self._secrets.extend(Secret(each) if isinstance(each, str) else each for each in secrets)

    def remember(self, other: "Redaction") -> None:
        """What was secret before stays secret."""
        known = set(map(id, self._secrets))
        others = other._secrets  # noqa: SLF001 - of the same class
        self._secrets += [each for each in others if id(each) not in known]

    def __call__(self, text: str) -> str:
        """The text with stars for secrets."""
        known = frozenset(value for secret in self._secrets for value in secret.seen())
        if known != self._known:
            self._known, self._pattern = known, _pattern(known)
        return self._pattern.sub(STARS, text) if self._pattern else text


def _pattern(values: Iterable[str]) -> re.Pattern[str] | None:
    forms = {form for value in values if len(value) >= _SHORTEST for form in _forms(value)}
    longest_first = sorted(forms, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))) if longest_first else None


def _forms(value: str) -> Iterable[str]:
    yield value
    # A variable that is not UTF-8 reaches us with surrogates for its bytes; they are what is sent.
    raw = value.encode(errors="surrogateescape")
    yield quote(raw, safe="")
    yield quote(raw)
    yield quote_plus(raw)
    yield value.encode("unicode_escape").decode()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):
            yield _inner(encode(b"\0" * shift + raw).decode(), shift)


def _inner(encoded: str, shift: int) -> str:
    """The digits that only the value decides, at an offset of `shift` bytes in a longer text."""
    start = (0, 2, 3)[shift]
    bare = encoded.rstrip("=")
    cut = 1 if len(bare) % 4 else 0
    return bare[start : len(bare) - cut]
