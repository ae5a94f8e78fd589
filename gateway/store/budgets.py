"""How many alerts each route opened of late."""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from gateway.model.budget import Spent
from gateway.store.statements import rows_of, these, upsert
from gateway.store.tables import budgets

_BY_ROUTE = sa.select(budgets).where(these(budgets.c.route))


def spent(connection: sa.Connection, routes: Iterable[str]) -> dict[str, Spent]:
    """By route what it has opened since when; routes that never did are left out."""
    return {
        row.route: Spent(since=row.since, opened=row.opened)
        for row in rows_of(connection, _BY_ROUTE, routes)
    }


def spend(connection: sa.Connection, changed: Mapping[str, Spent]) -> None:
    """Writes down what these routes have opened."""
    rows = [
        {"route": route, "since": each.since, "opened": each.opened}
        for route, each in changed.items()
    ]
    upsert(connection, budgets, rows)
