"""The SQLite driver: pysqlite3 where a wheel exists, for its newer SQLite, else Python's own."""

from typing import Any

try:
    from pysqlite3 import dbapi2 as _driver
except ImportError:
    import sqlite3 as _driver

driver: Any = _driver
"""Both speak the same DB-API."""

_FIRST_FIXED = (3, 51, 3)
_BACKPORTS = {(3, 50): 7, (3, 44): 6}


def can_lose_commits(version: tuple[int, int, int]) -> bool:
    """Whether that SQLite has the WAL-reset bug.

    From 3.7.0 on, two connections that write or checkpoint at the same instant could lose
    commits; fixed in 3.51.3, 3.50.7 and 3.44.6 (sqlite.org/wal.html, "The WAL-reset bug").
    """
    major, minor, patch = version
    backport = _BACKPORTS.get((major, minor))
    if backport is not None and patch >= backport:
        return False
    return (3, 7, 0) <= version < _FIRST_FIXED


def advice(version: tuple[int, int, int]) -> str | None:
    """What to tell the operator of that SQLite, None where it is sound."""
    if not can_lose_commits(version):
        return None
    return (
        f"SQLite {'.'.join(map(str, version))} can lose commits when two connections write at the "
        "same instant; the gateway writes through one only, but 3.51.3 or later is better"
    )
