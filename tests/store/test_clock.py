from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from gateway.store import clock
from tests.store.conftest import NOW


def test_one_process_goes_by_its_own(to_sqlite: sa.Connection) -> None:
    assert clock.now(to_sqlite, NOW) == NOW


def test_replicas_go_by_the_database_s_which_goes_on_within_a_transaction(
    to_postgresql: sa.Connection,
) -> None:
    first, second = clock.now(to_postgresql, NOW), clock.now(to_postgresql, NOW)

    assert first < second
    assert abs(first - datetime.now(UTC)) < timedelta(seconds=5)
