"""Taking turns, where replicas share the database; one process has the turn always.

Rows of a table, not PostgreSQL's advisory locks: those a pooler in transaction mode and engines
that speak PostgreSQL's protocol may lack.
"""

import zlib

import sqlalchemy as sa

from gateway.model.event import Event
from gateway.store.statements import chunks, insert, is_shared
from gateway.store.tables import locks

# Locks that projects share: two that fall together wait for each other, which costs a little time.
_PROJECTS = 512

DISPATCH = "dispatch"
"""Whose turn it is to choose what to dispatch."""
ALARM = "alarm"
"""Whose turn it is to raise an alarm."""


def of_project(event: Event) -> str:
    """Whose turn it is to say what becomes of the findings of the event's project."""
    named = f"{event.source}\n{event.org.id}\n{event.project.id}"
    return f"project {zlib.crc32(named.encode(errors='replace')) % _PROJECTS}"


def of_route(route: str) -> str:
    """Whose turn it is to open alerts of the route: they count for its budget."""
    return f"route {route}"


def of_sink(sink: str) -> str:
    """Whose turn it is to say what the sink is to be told now."""
    return f"sink {sink}"


def take(connection: sa.Connection, *names: str) -> None:
    """Returns once the turn is this transaction's, to whose end it stays so.

    Take all at once, and before anything else: in their order no two wait for each other.
    """
    wanted = sorted(set(names)) if is_shared(connection) else []
    if not wanted:
        return
    missing = set(wanted) - _taken(connection, wanted)
    if missing:
        rows = [{"name": name} for name in sorted(missing)]
        connection.execute(insert(connection.dialect.name, locks).on_conflict_do_nothing(), rows)
        _taken(connection, wanted)


def _taken(connection: sa.Connection, names: list[str]) -> set[str]:
    query = sa.select(locks.c.name).order_by(locks.c.name).with_for_update()
    return {
        name
        for some in chunks(names)
        for name in connection.execute(query.where(locks.c.name.in_(some))).scalars()
    }
