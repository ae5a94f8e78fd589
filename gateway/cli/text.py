"""Outside text made safe to print: no control characters, nothing that turns the line around."""

import re
import unicodedata
from typing import Any

from gateway import codec

# Controls, formatting (all bidi characters are among these), lone surrogates, line separators.
_BYTES = 0x100
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
_SUSPECT = re.compile(r"[^\x20-\x7e]")


def printable(text: object) -> str:
    """The text on one line, what cannot be seen written as an escape."""
    return _SUSPECT.sub(_escaped, str(text))


def printable_lines(text: object) -> str:
    """The same, where line breaks and tabs are wanted."""
    return re.sub(r"[^\x20-\x7e\n\t]", _escaped, str(text))


def json_text(value: Any) -> str:
    """Indented JSON that a terminal shows as it is; read back, it is the same value."""
    return re.sub(r"[^\x20-\x7e\n]", _json_escaped, codec.pretty(value))


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    if unicodedata.category(character) not in _UNSAFE:
        return character
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    return f"\\x{code:02x}" if code < _BYTES else _code_units(character)


def _json_escaped(match: re.Match[str]) -> str:
    character = match[0]
    if unicodedata.category(character) not in _UNSAFE:
        return character
    return _code_units(character)


def _code_units(character: str) -> str:
    r"""`\uXXXX`, twice for what lies beyond the first plane, as JSON writes it."""
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
