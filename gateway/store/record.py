"""Model objects as JSON text and back, equal to the last microsecond."""

from typing import Any, TypeVar

import msgspec

from gateway import codec

T = TypeVar("T")


def dump(value: Any) -> str:
    """The object as JSON text."""
    return codec.encode(value).decode()


def load(kind: type[T], text: str) -> T:
    """The object that `dump` made the text of; fields that are newer than the text are empty."""
    return msgspec.convert(codec.decode(text), kind)
