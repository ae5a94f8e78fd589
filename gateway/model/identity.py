"""Names that must stay the same over tries, restarts and releases."""

import hashlib
import json
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache

# Crockford's base 32, as in ULIDs: sorts like the number it stands for.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"

_encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode

NewId = Callable[[str, datetime], str]
"""Makes an id from a prefix and a time; passed in, so that tests can foresee ids."""


def new_id(prefix: str, now: datetime) -> str:
    """An id that sorts by time, such as `evt_01k…`: 48 bits of milliseconds, 80 random ones."""
    number = (int(now.timestamp() * 1000) << 80) | secrets.randbits(80)
    return f"{prefix}_" + "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))


def digest(*parts: str | Sequence[str]) -> str:
    """64 hex digits of the parts, which are kept apart whatever characters they hold."""
    return hashlib.sha256(_encode(parts).encode()).hexdigest()


@lru_cache(4096)  # of one finding it is asked several times, on the way from event to alert
def finding_key(org_id: str, project_id: str, issue_id: str, package: str) -> str:
    """The key of a finding: one issue in one package of one project."""
    return digest("finding", org_id, project_id, issue_id, package)


def alert_key(instance: str, route: str, group: Sequence[str]) -> str:
    """The key of an alert; it is also its alias at sinks that know aliases."""
    return digest("alert", instance, route, tuple(group))


def delivery_identity(alert_key: str, alert_id: str, revision: int, sink: str) -> str:
    """`webhook-id` and `Idempotency-Key`: equal over all tries of one delivery.

    The instance is part of the key, as it was when the alert opened: a try is repeated under the
    same identity after another name was given to the gateway.
    """
    return digest("delivery", alert_key, alert_id, str(revision), sink)
