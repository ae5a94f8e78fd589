"""JSON in and out, in one place."""

from typing import Any

import msgspec

from gateway.errors import Unreadable

_decoder = msgspec.json.Decoder()
_encoder = msgspec.json.Encoder(decimal_format="number")


def decode(body: bytes | str) -> Any:
    """The value of a JSON document.

    Raises Unreadable for whatever the decoder refuses: broken JSON or UTF-8, lone surrogates,
    numbers out of range, nesting that is too deep.
    """
    try:
        return _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(f"not readable as JSON: {error}") from None


def decode_object(body: bytes | str) -> dict[str, Any] | None:
    """The JSON object that a document is; None where it is anything else."""
    try:
        value = decode(body)
    except Unreadable:
        return None
    return value if isinstance(value, dict) else None


def encode(value: Any) -> bytes:
    """Compact JSON, UTF-8."""
    return _encoder.encode(value)


def pretty(value: Any) -> str:
    """JSON for people: indented by two spaces."""
    return msgspec.json.format(encode(value), indent=2).decode()


def clean(text: str) -> str:
    """The text without what a database refuses: NUL characters and lone surrogates."""
    text = text.replace("\x00", "")
    if text.isascii():
        return text
    whole = text.encode(errors="replace").decode()
    return text if whole == text else whole  # a second copy of what is kept would cost memory
