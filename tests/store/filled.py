"""A store with rows in every table: odd text, bytes, halves, and something in flight."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from gateway.model.budget import Spent
from gateway.model.rate import Rate
from gateway.store import (
    budgets,
    configurations,
    duties,
    ends,
    events,
    feeds,
    lanes,
    locks,
    silences,
    tables,
)
from gateway.store.configurations import Accepted
from gateway.store.silences import StoredSilence
from tests.store.conftest import NOW, Make, a_try, take_due

ODD = (
    "Zoë ÅÄ ß \u0131 \u202e\u200b\x01\x7f\\'\";%s \t\r\n \ue000\U0010ffff \U0001f9a5 e\u0301 \u00e9"
)
"""What a language sorts otherwise than bytes do, and what statements and files trip over."""
KEYS = (
    "b",
    "B",
    "a",
    "A",
    "_",
    "é",
    "z",
    "Z\u0308",
    "\U0001f9a5",
    "10",
    "9",
    "",
    " ",
    "\ufb01",
    "~",
)


@contextmanager
def written(url: str) -> Iterator[sa.Connection]:
    """One that writes to the store; committed at the end."""
    with ends.target(url) as end, end.write() as connection:
        yield connection


def fill(url: str, make: Make, *, deliveries: int = 12) -> None:
    """Puts some rows into every table, one delivery and one event of them in flight."""
    with written(url) as connection:
        make.save(connection, make.alert("alr_1"), make.alert("alr_2", labels={"team": ODD}))
        make.owe(connection, "dlv_0")
        for number in range(1, deliveries):
            key = {"alert_id": None, "alert_key": f"key-{number}", "deliver": "events"}
            make.owe(connection, f"dlv_{number}", **key)
        until = NOW + timedelta(seconds=90)
        take_due(connection, "slack", claim="clm_1", lease_until=until, limit=1, now=NOW)
        _events(connection, make)
        _beside(connection, make)


def _events(connection: sa.Connection, make: Make) -> None:
    arrivals = [
        make.arrival(f"evt_{number + 2}", dedup=bytes([number, 0, 255]), project_name=ODD + key)
        for number, key in enumerate(KEYS)
    ]
    events.add(connection, arrivals)
    begun = sa.update(tables.events).where(tables.events.c.id == "evt_2")
    connection.execute(begun.values(tries=1, lease_until=NOW + timedelta(seconds=90)))
    row = {"delivery_id": "dlv_1", **_tried(a_try(NOW, detail=ODD))}
    connection.execute(tables.attempts.insert(), [row])


def _tried(attempt: Any) -> dict[str, Any]:
    return {name: getattr(attempt, name) for name in attempt.__slots__}


def _beside(connection: sa.Connection, make: Make) -> None:
    for key in KEYS:
        feeds.expect(connection, key, NOW)
    feeds.seen(connection, make.event())
    _findings(connection)
    budgets.spend(connection, {key: Spent(since=NOW, opened=3) for key in KEYS})
    lanes.enter(connection, "slack", ODD, Rate(1, 1.0), NOW)
    state = {"sink": ODD, "paused": True, "tokens": 0.1 + 0.2, "failures": 2, "probes": 0}
    connection.execute(tables.sink_states.insert(), [state])
    hush = StoredSilence(id="sil_1", matchers=(ODD,), starts=None, until=NOW, owner="a", reason=ODD)
    silences.add(connection, hush, NOW)
    accepted = Accepted(digest="d", accepted_at=NOW, files=bytes(range(256)))
    configurations.accept(connection, accepted)
    locks.take(connection, "dispatch")


def _findings(connection: sa.Connection) -> None:
    row = {
        **dict.fromkeys(("source", "org_id", "project_id", "issue_id", "package", "change"), ODD),
        "tested_at": None,
        "changed_at": NOW,
        "event_id": "evt_1",
    }
    connection.execute(tables.findings.insert(), [{**row, "key": key} for key in KEYS])


def on_duty(url: str, until: timedelta) -> None:
    """A replica has a duty in hand for so much longer."""
    with written(url) as connection:
        duties.take(connection, "flush", "replica", until, NOW)
