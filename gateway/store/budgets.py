"""How many alerts each route opened of late."""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from gateway.model.budget import Spent
from gateway.store.statements import chunks, upsert
from gateway.store.tables import budgets


def spent(connection: sa.Connection, routes: Iterable[str]) -> dict[str, Spent]:
    """By route what it has opened since when; routes that never did are left out."""
    return {
        row.route: Spent(since=row.since, opened=row.opened)
        for some in chunks(routes)
        for row in connection.execute(sa.select(budgets).where(budgets.c.route.in_(some)))
    }


def spend(connection: sa.Connection, changed: Mapping[str, Spent]) -> None:
    """Writes down what these routes have opened."""
    rows = [
        {"route": route, "since": each.since, "opened": each.opened}
        for route, each in changed.items()
    ]
    upsert(connection, budgets, rows)
