from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from gateway.errors import CannotStart, Different, Unavailable
from gateway.store import copying, ends, events, stored, tables
from gateway.store.copying import Compared
from gateway.store.driver import driver
from gateway.store.store import Store
from tests.postgres import database
from tests.store.conftest import NOW, Make, take_due
from tests.store.filled import ODD, fill, written


def copied(
    source: str, target: str, advance: Callable[[int], object] = lambda _: None
) -> list[Compared]:
    with ends.both(source, target, NOW) as (one, other):
        copying.copy(one, other, advance)
        return list(copying.compare(one, other, lambda _: None))


def digests(compared: list[Compared]) -> dict[str, Any]:
    return {each.table: each.target for each in compared}


@pytest.fixture
def back(tmp_path: Path) -> str:
    """Where to copy it from the server."""
    return f"sqlite:///{tmp_path}/back/gateway.db"


@pytest.fixture
def in_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few rows in a transaction."""
    monkeypatch.setattr(copying, "_ROWS", 3)


class Crash(Exception):
    """What ends a copy."""


def crash_after(chunks: int) -> Callable[[int], None]:
    """Ends the copy once so many chunks are committed."""
    calls = 0

    def advance(_rows: int) -> None:
        nonlocal calls
        calls += 1
        if calls > chunks:  # the first says what was there
            raise Crash

    return advance


def test_every_table_goes_there_and_back(url: str, shared_url: str, back: str, make: Make) -> None:
    fill(url, make)

    there = copied(url, shared_url)
    and_back = copied(shared_url, back)

    assert all(each.is_same and each.source.rows for each in [*there, *and_back])
    assert digests(there) == digests(and_back)
    assert {each.table for each in there} == tables.metadata.tables.keys() - {
        "duties",
        "locks",
        "pulse",
    }


@pytest.fixture
def of_a_language(postgres_url: str) -> Iterator[str]:
    """URL of a database that sorts text as people do."""
    with database(postgres_url) as url, psycopg.connect(postgres_url, autocommit=True) as admin:
        name = f"{url.rpartition('/')[2]}_en"
        made = f"CREATE DATABASE {name} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en'"
        try:
            admin.execute(made)
        except psycopg.Error as error:
            pytest.skip(f"this server was built without languages: {error}")
        yield f"{url}_en"
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.usefixtures("in_bits")
def test_a_database_may_sort_as_it_likes(
    url: str, of_a_language: str, back: str, make: Make
) -> None:
    fill(url, make)
    with pytest.raises(Crash):
        copied(url, of_a_language, crash_after(9))

    there = copied(url, of_a_language)

    assert all(each.is_same for each in there)
    assert digests(copied(of_a_language, back)) == digests(there)


def test_a_server_s_own_store_goes_into_a_file(shared_url: str, url: str, make: Make) -> None:
    fill(shared_url, make)

    compared = copied(shared_url, url)

    assert all(each.is_same and each.source.rows for each in compared)


def test_the_source_stays_as_it_was(url: str, path: Path, shared_url: str, make: Make) -> None:
    fill(url, make)
    before = path.read_bytes()

    copied(url, shared_url)

    assert path.read_bytes() == before


@pytest.mark.usefixtures("in_bits")
@pytest.mark.parametrize("to", ["file", "server"])
def test_what_was_ended_half_way_goes_on(
    to: str, url: str, shared_url: str, back: str, make: Make
) -> None:
    source, target = (url, shared_url) if to == "server" else (shared_url, back)
    fill(source, make)
    with pytest.raises(Crash):
        copied(source, target, crash_after(2))
    steps: list[int] = []

    compared = copied(source, target, steps.append)

    assert steps[0] == 6
    assert sum(steps) == sum(each.source.rows for each in compared)
    assert all(each.is_same for each in compared)


@pytest.mark.usefixtures("in_bits")
def test_it_goes_on_wherever_it_ended(url: str, shared_url: str, make: Make) -> None:
    fill(url, make)
    ended = 0
    compared: list[Compared] = []
    while not compared and ended < 200:
        try:
            compared = copied(url, shared_url, crash_after(1))
        except Crash:
            ended += 1

    assert 20 < ended < 200
    assert all(each.is_same for each in compared)


def test_a_copy_that_is_whole_is_left_so(url: str, shared_url: str, make: Make) -> None:
    fill(url, make)
    first = copied(url, shared_url)
    steps: list[int] = []

    assert copied(url, shared_url, steps.append) == first
    assert steps == [sum(each.source.rows for each in first)]


def test_chunks_are_bounded_in_bytes_too(
    url: str, shared_url: str, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "_BYTES", 0)
    fill(url, make)
    steps: list[int] = []

    copied(url, shared_url, steps.append)

    assert set(steps[1:]) == {1}


def test_a_row_that_was_changed_meanwhile_is_found(url: str, shared_url: str, make: Make) -> None:
    fill(url, make)
    with ends.both(url, shared_url, NOW) as (one, other):
        copying.copy(one, other, lambda _: None)
        with other.write() as connection:
            changed = sa.update(tables.alerts).where(tables.alerts.c.id == "alr_2")
            connection.execute(changed.values(route="else"))
        compared = list(copying.compare(one, other, lambda _: None))

    assert [each.table for each in compared if not each.is_same] == ["alerts"]


@pytest.mark.parametrize("table", [tables.alerts, tables.silences, tables.budgets])
def test_a_target_with_rows_of_its_own_is_refused(
    table: sa.Table, url: str, shared_url: str, make: Make
) -> None:
    fill(url, make)
    copied(url, shared_url)
    with written(shared_url) as connection:
        key = next(iter(table.primary_key.columns))
        first = sa.select(sa.func.min(key)).scalar_subquery()
        name = next(column for column in table.columns if column.name in {"route", "owner"})
        connection.execute(sa.update(table).where(key == first).values({name: "mine"}))

    with pytest.raises(Different, match=f"{table.name} holds rows that are not the first of the"):
        copied(url, shared_url)


def test_nothing_is_copied_beside_rows_of_its_own(url: str, shared_url: str, make: Make) -> None:
    fill(url, make)
    with written(shared_url) as connection:
        row = {"route": "mine", "since": NOW, "opened": 1}
        connection.execute(tables.budgets.insert(), [row])

    with pytest.raises(Different, match=r"^postgresql://.*: budgets holds rows"):
        copied(url, shared_url)

    with ends.seen(shared_url) as (end, _), end.read() as connection:
        assert stored.count(connection, tables.events) == 0


@pytest.mark.parametrize("to", ["file", "server"])
async def test_a_gateway_goes_on_with_the_copy(
    to: str, url: str, shared_url: str, back: str, make: Make
) -> None:
    source, target = (url, shared_url) if to == "server" else (shared_url, back)
    fill(source, make)
    copied(source, target)
    store = Store.open(target)
    later = NOW + timedelta(seconds=90)

    claimed = await store.write(
        lambda c: take_due(c, "slack", claim="clm_2", lease_until=later, limit=50, now=NOW)
    )
    free = await store.read(_free)
    row = await store.read(_ambiguous)
    following = await store.write(lambda c: _next_numbers(c, make))

    store.close()
    assert {each.id for each in claimed} == {f"dlv_{number}" for number in range(12)}
    assert free == 0
    assert row == ["dlv_0"]
    assert following == {"events": 17, "deliveries": 13}


def _free(connection: sa.Connection) -> int:
    held = tables.events.c.lease_until.is_not(None)
    return int(connection.execute(sa.select(sa.func.count()).where(held)).scalar_one())


def _ambiguous(connection: sa.Connection) -> list[str]:
    query = sa.select(tables.deliveries.c.id).where(tables.deliveries.c.ambiguous)
    return list(connection.execute(query).scalars())


def _next_numbers(connection: sa.Connection, make: Make) -> dict[str, int]:
    """What the next rows are numbered."""
    connection.execute(tables.events.insert(), [_event(make)])
    make.owe(connection, "dlv_new", event_id="evt_new")
    return {
        table.name: connection.execute(sa.select(sa.func.max(table.c.seq))).scalar_one()
        for table in (tables.events, tables.deliveries)
    }


def _event(make: Make) -> dict[str, Any]:
    return {**events._values(make.arrival("evt_new")), "dedup": b"new"}


def test_an_empty_store_can_be_copied(url: str, shared_url: str) -> None:
    Store.open(url).close()

    assert all(each.is_same for each in copied(url, shared_url))


def test_what_the_target_cannot_hold_is_one_line(url: str, path: Path, shared_url: str) -> None:
    Store.open(url).close()
    raw = driver.connect(str(path))
    raw.execute("INSERT INTO budgets VALUES ('route', 1, 3000000000)")
    raw.commit()
    raw.close()

    with pytest.raises(Unavailable, match=r"^postgresql://.*: integer out of range$"):
        copied(url, shared_url)


def test_text_comes_as_it_was(url: str, shared_url: str, make: Make) -> None:
    fill(url, make)
    copied(url, shared_url)

    with ends.seen(shared_url) as (end, _), end.read() as connection:
        reasons = connection.execute(sa.select(tables.silences.c.reason)).scalars().all()
    assert reasons == [ODD]
    with pytest.raises(CannotStart):
        ends.source(f"{url}.none").__enter__()
