"""Model objects as JSON text and back, equal to the last microsecond."""

from collections.abc import Hashable
from functools import cache
from typing import Any, TypeVar, cast

import msgspec

from gateway import codec

T = TypeVar("T")


def dump(value: Any) -> str:
    """The object as JSON text."""
    return codec.encode(value).decode()


def load(kind: type[T], text: str) -> T:
    """The object that `dump` made the text of; fields that are newer than the text are empty."""
    value: T = _decoder(cast("Hashable", kind)).decode(text)
    return value


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)
