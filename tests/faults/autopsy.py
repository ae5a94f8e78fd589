"""A look into the store that a dead process left: what waits, and what was in flight."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gateway.model.identity import delivery_identity
from gateway.store.driver import driver
from tests.faults.oracle import Copies, Kill

UNFINISHED = """
    SELECT sink, state, alert_key, alert_id, event_id, revision
    FROM deliveries WHERE ended_at IS NULL
"""


def autopsy(config: Path, window: str) -> Kill:
    """How the store of a dead process stands."""
    path = config.parent / "store" / "gateway.db"
    connection = driver.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        rows = connection.execute(UNFINISHED).fetchall()
    finally:
        connection.close()
    return as_it_stood(window, rows)


def as_it_stood(window: str, unfinished: Sequence[tuple[Any, ...]]) -> Kill:
    """What those rows say of the moment of a kill."""
    unsettled = {_copies(sink, *about) for sink, state, *about in unfinished if state == "sending"}
    return Kill(window, len(unfinished), frozenset(unsettled))


def _copies(sink: str, key: str, alert: str | None, event: str, revision: int) -> Copies:
    """What a receiver sees of a delivery; an alert opens with its first revision."""
    identity = (
        key
        if sink == "pager"
        else delivery_identity(alert_key=key, alert_id=alert or event, revision=revision, sink=sink)
    )
    if alert is None:
        return sink, "event", identity
    return sink, "create" if revision == 1 else "close", identity
