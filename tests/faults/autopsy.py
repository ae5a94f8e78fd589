"""A look into the store that a dead process left: what waits, and what was in flight."""

from pathlib import Path

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
    unsettled = {_copies(sink, *about) for sink, state, *about in rows if state == "sending"}
    return Kill(window, len(rows), frozenset(unsettled))


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
