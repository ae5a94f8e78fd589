from datetime import datetime

import sqlalchemy as sa

from gateway.model.budget import Spent
from gateway.store import budgets


def test_what_was_spent_last_counts(connection: sa.Connection, now: datetime) -> None:
    budgets.spend(connection, {"page": Spent(since=now, opened=1)})
    budgets.spend(connection, {"page": Spent(since=now, opened=2)})

    assert budgets.spent(connection, ["page", "other"]) == {"page": Spent(since=now, opened=2)}
