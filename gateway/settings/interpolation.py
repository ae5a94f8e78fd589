"""`${VAR}` and `${VAR:-default}` in any scalar; `$${` is a literal `${`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_REFERENCE = re.compile(r"\$\$\{|\$\{(?P<name>[^}:]*)(?::-(?P<default>[^}]*))?(?P<end>\}?)")
_URL = "https://unset.invalid/"  # RFC 2606: never a real host
_PLACEHOLDER = re.compile(r"unset-.+-placeholder")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Interpolated:
    """A scalar's text with its variables filled in."""

    text: str
    values: tuple[str, ...] = ()
    """What came from the environment: secret wherever it stands."""
    unset: tuple[str, ...] = ()
    """Variables without a value and without a default; a placeholder stands in for each."""
    broken: str = ""
    """What is wrong with the notation, empty when nothing is."""


def interpolate(text: str, environ: Mapping[str, str], *, is_url: bool = False) -> Interpolated:
    """The text with every `${…}` replaced; `is_url` makes placeholders that read as URLs."""
    if "$" not in text:
        return Interpolated(text)
    values: list[str] = []
    unset: list[str] = []
    broken: list[str] = []

    def fill(match: re.Match[str]) -> str:
        name = match["name"]
        if name is None:
            return "${"
        if not match["end"] or not _NAME.fullmatch(name):
            broken.append(
                f"{match[0]!r} is not a variable; write ${{NAME}}, ${{NAME:-default}} or $${{"
            )
            return match[0]
        if environ.get(name):
            values.append(environ[name])
            return environ[name]
        if match["default"] is not None:
            return match["default"]
        unset.append(name)
        return placeholder(name, is_url=is_url and match[0] == text)

    filled = _REFERENCE.sub(fill, text)
    return Interpolated(filled, tuple(values), tuple(unset), broken[0] if broken else "")


def placeholder(name: str, *, is_url: bool = False) -> str:
    """What stands in for a value that is not there."""
    return f"{_URL}{name.removeprefix(_URL)}" if is_url else f"unset-{name}-placeholder"


def is_placeholder(text: str) -> bool:
    """Whether the text stands in for a value that is not there."""
    return text.startswith(_URL) or bool(_PLACEHOLDER.fullmatch(text))
