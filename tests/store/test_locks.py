import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.store import locks, postgres
from gateway.store.server import Away, Pool
from tests.store.conftest import ON_SQLITE

SECONDS = 10.0


@pytest.fixture
def pool(shared_url: str) -> Iterator[Pool]:
    pool = Pool(postgres.writer_engine(shared_url, connections=4), Away(), "test", None)
    yield pool
    pool.close()


def test_what_one_holds_another_waits_for(pool: Pool) -> None:
    holding, go_on = threading.Event(), threading.Event()
    order: list[str] = []

    def first(connection: sa.Connection) -> None:
        locks.take(connection, "route a", "project 1")
        holding.set()
        go_on.wait(SECONDS)
        order.append("first")

    def second(connection: sa.Connection) -> None:
        locks.take(connection, "project 1", "project 2")
        order.append("second")

    one = pool.submit(first)
    holding.wait(SECONDS)
    two = pool.submit(second)
    other = pool.submit(lambda connection: locks.take(connection, "project 2"))
    other.result(SECONDS)
    go_on.set()
    one.result(SECONDS)
    two.result(SECONDS)

    assert order == ["first", "second"]


def test_nobody_blocks_another_who_takes_the_same_in_another_order(pool: Pool) -> None:
    names = [f"project {number}" for number in range(20)]

    def take(turn: int) -> None:
        chosen = names[turn % 20 :] + names[: turn % 20]
        pool.submit(lambda connection: locks.take(connection, *chosen)).result(SECONDS)

    threads = [threading.Thread(target=take, args=(turn,)) for turn in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)

    held = pool.submit(lambda c: c.execute(sa.text("SELECT count(*) FROM locks")).scalar_one())
    assert held.result(SECONDS) == 20


@ON_SQLITE
def test_one_process_needs_none(connection: sa.Connection) -> None:
    locks.take(connection, "route a")

    assert connection.execute(sa.text("SELECT count(*) FROM locks")).scalar_one() == 0


def test_findings_of_one_project_wait_for_one_lock_whatever_its_name(make: Any) -> None:
    event = make.event()
    renamed = replace(event, project=replace(event.project, name="\udcff"))

    assert locks.of_project(event) == locks.of_project(renamed)
    assert locks.of_project(replace(event, project=replace(event.project, id="\udcff")))
