"""The header check: a body passes only with the one signature that an active secret made.

An input is header lines, an empty line, and a body. `<new>`, `<old>` and `<other>` in a header
stand for the digest of the body under two active secrets and a foreign one: no search finds those.
"""

import hashlib
import hmac
import random

from multidict import CIMultiDict

from fuzz.target import Plant, Target
from gateway.settings.secrets import Secret
from gateway.sources import snyk
from gateway.sources.signature import HEADER
from gateway.sources.snyk import Snyk, SnykSettings
from gateway.sources.source import Headers, single

SECRETS = {"new": "a-made-up-secret-of-the-fuzzer", "old": "the-secret-before-that-of-the-fuzzer"}
FOREIGN = {"other": "a-secret-of-somebody-else"}
SOURCE = Snyk(
    "snyk",
    SnykSettings(type="snyk", secrets=[Secret(), *(Secret(text) for text in SECRETS.values())]),
)
_STAND_INS = tuple(f"<{name}>" for name in SECRETS | FOREIGN)
_PRINTABLE = frozenset(map(chr, range(33, 127)))
_LONGEST_ID = 128


def check(request: bytes) -> None:
    """Verifies the request; fails unless the verdict is that of a plain reading of the rules."""
    headers, body = _parted(request)
    expected = _expected(headers.getall(HEADER, []), body)
    assert _verified(headers, body) is expected
    assert _verified(headers, body[:3], b"", body[3:]) is expected
    assert not _verified(headers, body, b"\0")
    sent = SOURCE.transport_id(headers)
    assert set(sent) <= _PRINTABLE
    assert len(sent) <= _LONGEST_ID
    version = SOURCE.version(headers)
    assert version.startswith("v")
    assert version[1:].isdecimal()
    assert version.isascii()


def _parted(request: bytes) -> tuple[CIMultiDict[str], bytes]:
    head, _, body = request.partition(b"\n\n")
    for name, text in (SECRETS | FOREIGN).items():
        head = head.replace(b"<%b>" % name.encode(), _digest(text, body).encode())
    # As aiohttp reads a header's bytes.
    lines = head.decode(errors="surrogateescape").split("\n")
    pairs = (line.partition(":") for line in lines)
    return CIMultiDict((name, value.strip(" \t")) for name, _, value in pairs), body


def _digest(text: str, body: bytes) -> str:
    return hmac.new(text.encode(), body, hashlib.sha256).hexdigest()


def _expected(values: list[str], body: bytes) -> bool:
    return values in [[f"sha256={_digest(text, body)}"] for text in SECRETS.values()]


def _verified(headers: Headers, *chunks: bytes) -> bool:
    verification = SOURCE.verification(headers)
    if verification is None:
        return False
    for chunk in chunks:
        verification.update(chunk)
    return verification.holds()


NAMES = (HEADER, HEADER.lower(), "X-Hub-Signature-256", "X-Snyk-Event", "X-Snyk-Transport-ID")
KINDS = ("sha256=", "sha256=", "sha256=", "SHA256=", "sha1=", "")


def change(request: bytes, dice: random.Random) -> bytes:
    """A request with one header line more, fewer or other, or with another body."""
    head, _, body = request.partition(b"\n\n")
    lines = head.split(b"\n")
    at = dice.randrange(len(lines))
    match dice.randrange(4):
        case 0:
            lines.insert(at, _line(dice))
        case 1:
            lines[at] = _line(dice)
        case 2:
            del lines[at]
        case _:
            body = dice.randbytes(dice.randrange(8))
    return b"\n".join(lines) + b"\n\n" + body


def _line(dice: random.Random) -> bytes:
    """A header line with something like a signature: guidance does not see into a pattern."""
    digits = f"{dice.getrandbits(256):064x}"
    value = dice.choice((digits, digits.upper(), digits[1:], digits + "0", *_STAND_INS))
    return f"{dice.choice(NAMES)}: {dice.choice(KINDS)}{value}".encode()


def _claimed_digest(headers: Headers) -> bytes | None:
    """As signature's, but read as a number, which forgets the zeros that it begins with."""
    kind, _, digits = single(headers, HEADER).partition("=")
    if kind != "sha256" or len(digits) != len("0" * 64) or set(digits) - set("0123456789abcdef"):
        return None
    return bytes.fromhex(f"{int(digits, 16):x}")


TARGET = Target(
    name="signature",
    check=check,
    modules=("gateway.sources.signature", "gateway.sources.source"),
    words=(
        f"{HEADER}: ", "sha256=", "sha1=", "<new>", "<old>", "<other>", "0" * 64, "X-Snyk-Event: ",
        "X-Snyk-Transport-ID: ", "project_snapshot/v0", "\n", "\n\n",
    ),
    plant=Plant(snyk, "claimed_digest", _claimed_digest),
    change=change,
)  # fmt: skip
