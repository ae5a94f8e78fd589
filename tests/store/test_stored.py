import sqlalchemy as sa

from gateway.store import stored
from gateway.store.stored import TABLES
from tests.store.filled import KEYS

BUDGETS = next(table for table in TABLES if table.name == "budgets")
ENTRIES = next(table for table in TABLES if table.name == "entries")


def test_one_that_others_refer_to_comes_first() -> None:
    names = [table.name for table in TABLES]

    assert names.index("events") < names.index("alerts") < names.index("deliveries")
    assert names.index("deliveries") < names.index("attempts")


def test_text_is_sorted_by_its_bytes(connection: sa.Connection) -> None:
    stored.add(connection, BUDGETS, [(key, 1, 2) for key in KEYS])

    found = [row[0] for row in stored.rows(connection, BUDGETS)]

    assert found == sorted(KEYS, key=str.encode)
    assert stored.last_key(connection, BUDGETS) == (found[-1],)
    assert [row[0] for row in stored.rows(connection, BUDGETS, after=(found[4],))] == found[5:]


def test_a_key_of_two_columns_is_gone_on_from(connection: sa.Connection) -> None:
    lanes = next(table for table in TABLES if table.name == "lanes")
    rows = [(sink, lane, 1) for sink in "aB" for lane in ("é", "z", "")]
    stored.add(connection, lanes, rows)

    found = [row[:2] for row in stored.rows(connection, lanes, after=("B", "z"))]

    assert found == [("B", "é"), ("a", ""), ("a", "z"), ("a", "é")]
    assert stored.last_key(connection, lanes) == ("a", "é")


def test_a_row_that_is_there_is_left(connection: sa.Connection) -> None:
    stored.add(connection, BUDGETS, [("a", 1, 2)])
    stored.add(connection, BUDGETS, [("a", 3, 4), ("b", 5, 6)])

    assert list(stored.rows(connection, BUDGETS)) == [("a", 1, 2), ("b", 5, 6)]
    assert stored.count(connection, BUDGETS) == 2


def test_an_empty_table_has_no_last_key(connection: sa.Connection) -> None:
    assert stored.last_key(connection, ENTRIES) is None
