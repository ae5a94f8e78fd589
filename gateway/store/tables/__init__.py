"""The tables; `migrations/` makes them, and a test holds the two together."""

from gateway.store.tables.alerting import alerts, budgets, entries, findings, told
from gateway.store.tables.arriving import bodies, events, feeds, projects
from gateway.store.tables.delivering import attempts, deliveries, lanes, sink_states
from gateway.store.tables.metadata import metadata
from gateway.store.tables.running import configurations, pulse, silences
from gateway.store.tables.sharing import duties, locks

__all__ = [
    "alerts",
    "attempts",
    "bodies",
    "budgets",
    "configurations",
    "deliveries",
    "duties",
    "entries",
    "events",
    "feeds",
    "findings",
    "lanes",
    "locks",
    "metadata",
    "projects",
    "pulse",
    "silences",
    "sink_states",
    "told",
]
