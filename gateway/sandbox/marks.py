"""Which settings hold Jinja."""

from collections.abc import Mapping
from typing import Any

# What begins an expression, a statement or a comment.
_MARKS = ("{{", "{%", "{#")


def varies(setting: Any) -> bool:
    """Whether any text in the setting holds an expression."""
    match setting:
        case str():
            return any(mark in setting for mark in _MARKS)
        case Mapping():
            return any(map(varies, setting.values()))
        case list() | tuple():
            return any(map(varies, setting))
    return False
