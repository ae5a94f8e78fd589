from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.store import duties
from tests.store.conftest import NOW, ON_SQLITE

ON_POSTGRESQL = pytest.mark.parametrize("connection", ["postgresql"], indirect=True)
LEASE = timedelta(seconds=30)


@pytest.fixture(autouse=True)
def a_clock_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.store.clock.now", lambda _connection, own: own)


def take(connection: sa.Connection, holder: str, after: float = 0, duty: str = "flush") -> bool:
    return duties.take(connection, duty, holder, LEASE, NOW + timedelta(seconds=after))


@ON_POSTGRESQL
def test_one_has_it_until_its_lease_ends(connection: sa.Connection) -> None:
    answers = [take(connection, "one"), take(connection, "two"), take(connection, "two", 29.9)]

    assert (answers, take(connection, "two", 30)) == ([True, False, False], True)


@ON_POSTGRESQL
def test_who_renews_it_keeps_it(connection: sa.Connection) -> None:
    for after in (0, 20, 40):
        assert take(connection, "one", after)

    assert not take(connection, "two", 69)


@ON_POSTGRESQL
def test_each_duty_is_one_s_by_itself(connection: sa.Connection) -> None:
    assert take(connection, "one")
    assert take(connection, "two", duty="retention")


@ON_POSTGRESQL
def test_who_leaves_leaves_all_of_his_at_once(connection: sa.Connection) -> None:
    for duty in ("flush", "retention"):
        take(connection, "one", duty=duty)
    take(connection, "two", duty="orphans")

    duties.leave(connection, "one")

    assert take(connection, "two")
    assert take(connection, "two", duty="retention")
    assert not take(connection, "one", duty="orphans")


@ON_SQLITE
def test_one_process_has_them_all(connection: sa.Connection, make: Any) -> None:
    del make

    assert take(connection, "one")
    assert take(connection, "one", duty="retention")
    assert connection.execute(sa.text("SELECT count(*) FROM duties")).scalar_one() == 0


@ON_POSTGRESQL
def test_it_is_known_for_how_long_somebody_has_one(connection: sa.Connection) -> None:
    before = duties.held(connection, NOW)

    take(connection, "one")

    assert (before, duties.held(connection, NOW)) == (timedelta(), LEASE)
    assert duties.held(connection, NOW + LEASE) == timedelta()
    duties.leave(connection, "one")
    assert duties.held(connection, NOW) == timedelta()
