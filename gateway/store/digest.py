"""What tells in a few bytes whether two tables hold the same."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gateway.store.stored import Row


@dataclass(frozen=True, slots=True)
class Digest:
    """Of a table's rows in the order of their keys."""

    rows: int
    sha256: str


def digest(rows: Iterable[Row]) -> Digest:
    """Their number and a SHA-256 over all their values.

    Raises TypeError for a value that no column of ours holds.
    """
    whole = hashlib.sha256()
    number = 0
    for row in rows:
        number += 1
        whole.update(b"(%d" % len(row))
        for value in row:
            whole.update(_marked(value))
    return Digest(number, whole.hexdigest())


def _marked(value: Any) -> bytes:
    """The value with its kind and length before it, so that no two rows are written alike."""
    match value:
        case None:
            return b"-"
        case bool():  # before int, of which it is one
            return b"t" if value else b"f"
        case int():
            return b"i%d;" % value
        case float():
            # SQLite keeps a whole number without its sign where it is zero.
            return b"d%s;" % repr(value + 0.0).encode()
        case str():
            text = value.encode(errors="surrogatepass")
            return b"s%d:%s" % (len(text), text)
        case bytes():
            return b"b%d:%s" % (len(value), value)
        case _:
            raise TypeError(f"no column holds a {type(value).__name__}")
