"""A silence of the configuration as the admin side shows it."""

from datetime import datetime
from typing import Any

from gateway.routing.silences import Silence
from gateway.store.listing import silence_status


def item_of(silence: Silence, now: datetime) -> dict[str, Any]:
    """The silence, ready for JSON."""
    return {
        "id": silence.id,
        "status": silence_status(silence.starts, silence.until, now),
        "matchers": [str(matcher) for matcher in silence.matchers],
        "from": silence.starts,
        "until": silence.until,
        "owner": silence.owner,
        "reason": silence.reason,
        "origin": silence.origin,
    }
