from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from gateway.model.rate import Rate
from gateway.settings.reading import Reading
from gateway.settings.types import (
    Duration,
    HttpUrl,
    Listen,
    Network,
    ProxyUrl,
    SecretText,
    SinkName,
    Size,
    Truth,
    Whole,
    rate,
)


def read(kind: Any, value: object, reading: Reading | None = None) -> Any:
    return TypeAdapter(kind).validate_python(value, strict=True, context=reading or Reading())


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (Duration, "5s", 5.0),
        (Duration, "1h30m", 5400.0),
        (Duration, "7d", 604800.0),
        (Duration, "250ms", 0.25),
        (Duration, "100000d", 8_640_000_000.0),
        (Size, "512KiB", 524288),
        (Size, "32 MiB", 33554432),
        (Whole, "12", 12),
        (Truth, "true", True),
        (Listen, "0.0.0.0:8080", ("0.0.0.0", 8080)),
        (Listen, "[::1]:80", ("::1", 80)),
        (HttpUrl, "https://siem.example/x?y={{ z }}", "https://siem.example/x?y={{ z }}"),
        (SinkName, "on-call.2", "on-call.2"),
    ],
)
def test_notation_is_read(kind: Any, value: object, expected: object) -> None:
    assert read(kind, value) == expected


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Duration, "5"),
        (Duration, 5),
        (Duration, "5 s"),
        (Duration, "-5s"),
        (Duration, ""),
        (Duration, "100001d"),
        (Duration, "9" * 5000 + "d"),
        (Duration, float("inf")),
        (Duration, float("nan")),
        (Size, "5MB"),
        (Size, True),
        (Whole, "1.5"),
        (Truth, "yes"),
        (Listen, "8080"),
        (Listen, "x:99999"),
        (Listen, 8080),
        (Network, "10.0.0.0/99"),
        (Network, 10),
        (HttpUrl, "ftp://x"),
        (HttpUrl, "siem.example"),
        (HttpUrl, "https://"),
        (HttpUrl, "https://{{ host }}/x"),
        (HttpUrl, "https://user:pass@x/"),
        (HttpUrl, "https://x:99999/"),
        (HttpUrl, "https://[::1/"),
        (SinkName, "a b"),
        (SinkName, ""),
        (ProxyUrl, "proxy.example:3128"),
        (ProxyUrl, "https://proxy.example"),
        (ProxyUrl, "socks5://proxy.example"),
        (ProxyUrl, "http://proxy.example/path"),
        (ProxyUrl, "http://proxy.example:99999"),
        (ProxyUrl, "http://"),
        (SecretText, ""),
        (SecretText, 5),
        (SecretText, {"file": 5}),
        (SecretText, {"path": "x"}),
    ],
)
def test_what_is_not_the_notation_is_a_problem(kind: Any, value: object) -> None:
    with pytest.raises(ValidationError):
        read(kind, value)


def test_secret_from_a_file_counts_from_the_configuration_folder(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sesame-sesame\n")
    reading = Reading(folder=tmp_path)

    secret = read(SecretText, {"file": "key"}, reading)

    assert secret.reveal() == "sesame-sesame"
    assert reading.redaction("sesame-sesame") == "**********"


def test_missing_secret_file_is_noted_and_a_placeholder_stands_in(tmp_path: Path) -> None:
    reading = Reading(folder=tmp_path)

    secret = read(SecretText, {"file": "key"}, reading)

    assert reading.missing_files == ["key"]
    assert secret.reveal() == "unset-key-placeholder"


@pytest.mark.parametrize(
    ("text", "expected"), [("1/s", Rate(1, 1)), ("120/m", Rate(120, 60)), ("5 / h", Rate(5, 3600))]
)
def test_rates(text: str, expected: Rate) -> None:
    assert rate(text) == expected


@pytest.mark.parametrize("text", ["1", "0/s", "1/d", "1/2s", "x/s", 1, None])
def test_what_is_no_rate(text: Any) -> None:
    with pytest.raises(ValueError, match="not a rate; write 1/s or 120/m"):
        rate(text)
