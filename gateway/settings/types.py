"""Notations that every section shares: durations, sizes, addresses, names, secrets."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import ValidationInfo

from gateway.model.rate import Rate
from gateway.settings.interpolation import is_placeholder, placeholder
from gateway.settings.reading import Reading
from gateway.settings.secrets import Secret

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
# Dates begin with the year 1 and end with 9999: so long before and after today they do not end.
_LONGEST_DAYS = 100_000
_LARGEST_PORT = 65535
_DURATION = re.compile(r"(?:\d+(?:ms|[smhd]))+")
_RATE = re.compile(r"(\d{1,6})\s*/\s*([smh])")
_SIZES = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
_SIZE = re.compile(r"(\d+)\s*(B|KiB|MiB|GiB)")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")


def problem(text: str) -> PydanticCustomError:
    """An error whose text reaches the operator as it stands."""
    return PydanticCustomError("problem", "{text}", {"text": text})


def duration(text: Any) -> Any:
    """Seconds in `90s`, `5m`, `1h30m`, `7d`."""
    seconds = text if isinstance(text, float) else _seconds(text)
    if not seconds <= _LONGEST_DAYS * _UNITS["d"]:
        raise problem(f"too long a duration: at most {_LONGEST_DAYS}d")
    return seconds


def _seconds(text: Any) -> float:
    if not isinstance(text, str) or not _DURATION.fullmatch(text):
        raise problem("not a duration; write 30s, 5m, 1h or 7d")
    parts = re.findall(r"(\d+)(ms|[smhd])", text)
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def moment(text: Any) -> datetime:
    """The time in UTC that RFC 3339 spells; without a zone it is UTC, a bare date its start."""
    try:
        time = datetime.fromisoformat(text)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise problem("not a time; write 2026-11-23T10:00:00Z") from None


def size(text: Any) -> Any:
    """Bytes in `512KiB`, `32MiB`."""
    if isinstance(text, int) and not isinstance(text, bool):
        return text
    match = _SIZE.fullmatch(text) if isinstance(text, str) else None
    if not match:
        raise problem("not a size; write 512KiB or 32MiB")
    return int(match[1]) * _SIZES[match[2]]


def rate(text: Any) -> Rate:
    """So many in a second, a minute or an hour: `1/s`, `120/m`."""
    match = _RATE.fullmatch(text) if isinstance(text, str) else None
    if not match or not int(match[1]):
        raise problem("not a rate; write 1/s or 120/m")
    return Rate(int(match[1]), _UNITS[match[2]])


def _whole(text: Any) -> Any:
    """A whole number, also when it came as text out of a variable."""
    return int(text) if isinstance(text, str) and re.fullmatch(r"-?\d{1,18}", text) else text


def _truth(text: Any) -> Any:
    return {"true": True, "false": False}.get(text, text) if isinstance(text, str) else text


def _network(text: Any) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text if isinstance(text, str) else "", strict=False)
    except ValueError:
        raise problem("not a network; write 10.0.0.0/8 or 2001:db8::/32") from None


def _listen(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > _LARGEST_PORT:
        raise problem("not an address to listen on; write 0.0.0.0:8080 or [::1]:8080")
    return host.removeprefix("[").removesuffix("]"), int(port)


def http_url(text: str) -> str:
    """An absolute http(s) URL without user, password and fragment."""
    try:
        parts = urlsplit(text)
        port_is_sound = parts.port is None or parts.port > 0
    except ValueError:
        raise problem("not a URL") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_is_sound:
        raise problem("not a URL; write https://host/path")
    if "{" in parts.netloc:
        raise problem("the host of a URL cannot be an expression, only its path and query")
    if parts.username is not None or parts.fragment:
        raise problem("a URL here takes neither user:password@ nor #fragment")
    return text


def _named(what: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not _NAME.fullmatch(text):
            raise problem(f"not a name for a {what}: letters, digits, '.', '_' and '-' only")
        return text

    return check


def _secret(value: Any, info: ValidationInfo) -> Secret:
    reading = info.context if isinstance(info.context, Reading) else Reading()
    if isinstance(value, Secret):
        return value
    if isinstance(value, str):
        secret = Secret(value)
    elif isinstance(value, dict) and set(value) == {"file"} and isinstance(value["file"], str):
        secret = _from_file(reading, value["file"])
    else:
        raise problem("a secret is text, ${VARIABLE} or {file: /run/secrets/name}")
    if not secret.reveal():
        raise problem("the secret is empty")
    reading.redaction.add(secret)
    return secret


def _from_file(reading: Reading, name: str) -> Secret:
    path = Path(reading.folder, name)
    try:
        return Secret(file=path)
    except (OSError, UnicodeDecodeError):
        reading.missing_files.append(name)
        return Secret(placeholder(path.name))


_SECRET_SCHEMA = {
    "anyOf": [
        {"type": "string"},
        {
            "type": "object",
            "properties": {"file": {"type": "string"}},
            "required": ["file"],
            "additionalProperties": False,
        },
    ]
}

DURATION_SCHEMA = {"type": "string", "pattern": r"^(\d+(ms|[smhd]))+$"}
"""Of a Duration within a schema that is written by hand."""
Duration = Annotated[
    float,
    BeforeValidator(duration),
    WithJsonSchema({**DURATION_SCHEMA, "examples": ["30s", "7d"]}),
]
"""Seconds, written `30s`, `5m`, `1h`, `7d`."""
RateText = Annotated[
    Rate, PlainValidator(rate), WithJsonSchema({"type": "string", "pattern": r"^\d+/[smh]$"})
]
"""A Rate, written `1/s`, `120/m`."""
Size = Annotated[
    int,
    BeforeValidator(size),
    WithJsonSchema({"type": "string", "pattern": r"^\d+\s*(B|KiB|MiB|GiB)$"}),
]
"""Bytes, written `512KiB`, `32MiB`."""
Whole = Annotated[int, BeforeValidator(_whole)]
Truth = Annotated[bool, BeforeValidator(_truth)]
Network = Annotated[
    IPv4Network | IPv6Network, PlainValidator(_network), WithJsonSchema({"type": "string"})
]
Listen = Annotated[
    tuple[str, int],
    PlainValidator(lambda text: _listen(text if isinstance(text, str) else "")),
    WithJsonSchema({"type": "string", "examples": ["0.0.0.0:8080"]}),
]
"""Host and port."""
HttpUrl = Annotated[str, AfterValidator(http_url)]
SinkName = Annotated[str, AfterValidator(_named("sink"))]
SourceName = Annotated[str, AfterValidator(_named("source"))]
RouteName = Annotated[str, AfterValidator(_named("route"))]
TemplateName = Annotated[str, AfterValidator(_named("template"))]
SecretText = Annotated[Secret, PlainValidator(_secret), WithJsonSchema(_SECRET_SCHEMA)]
"""A Secret, written as text, `${VARIABLE}` or `{file: path}`."""


def _secret_url(value: Any, info: ValidationInfo) -> Secret:
    secret = _secret(value, info)
    text = secret.reveal()
    if is_placeholder(text):
        return Secret(placeholder(text, is_url=True))
    http_url(text)
    return secret


SecretUrl = Annotated[Secret, PlainValidator(_secret_url), WithJsonSchema(_SECRET_SCHEMA)]
"""A Secret that is a URL: the credential of most chat sinks."""


def _proxy(value: Any, info: ValidationInfo) -> Secret:
    secret = _secret(value, info)
    text = secret.reveal()
    if is_placeholder(text):
        return Secret(placeholder(text, is_url=True))
    try:
        parts = urlsplit(text)
        is_sound = parts.scheme == "http" and parts.hostname and parts.path in {"", "/"}
        is_sound = is_sound and (parts.port is None or parts.port > 0)
    except ValueError:
        is_sound = False
    if not is_sound:
        raise problem("not a proxy; write http://host:3128 or http://user:password@host:3128")
    return secret


ProxyUrl = Annotated[Secret, PlainValidator(_proxy), WithJsonSchema(_SECRET_SCHEMA)]
"""A Secret that is the address of an HTTP proxy, perhaps with user and password."""
