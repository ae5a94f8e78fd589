import base64

import pytest

from gateway.sinks.signature import key


def encoded(length: int) -> str:
    return base64.b64encode(b"k" * length).decode()


@pytest.mark.parametrize("length", [24, 32, 64])
def test_the_prefix_is_optional(length: int) -> None:
    assert key(encoded(length)) == key(f"whsec_{encoded(length)}") == b"k" * length


@pytest.mark.parametrize(
    "secret", ["", "whsec_", encoded(23), encoded(65), "not base64!", "é" * 40]
)
def test_anything_else_is_no_key(secret: str) -> None:
    assert key(secret) is None
