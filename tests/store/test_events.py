from typing import Any

import pytest
import sqlalchemy as sa

from gateway.store import events, listing, tables
from gateway.store.dispatching import LEASE
from gateway.store.events import Added
from tests.store.conftest import NOW, ON_SQLITE, plan_of, undispatched


def test_arrivals_are_answered_in_order(connection: sa.Connection, make: Any) -> None:
    added = events.add(connection, [make.arrival("b"), make.arrival("a")])

    assert added == [Added("b", duplicate=False), Added("a", duplicate=False)]


def test_the_same_digest_is_a_duplicate_of_what_is_stored(
    connection: sa.Connection, make: Any
) -> None:
    events.add(connection, [make.arrival("first", dedup=b"same")])

    again = events.add(
        connection, [make.arrival("second", dedup=b"same"), make.arrival("third", dedup=b"other")]
    )

    assert again == [Added("first", duplicate=True), Added("third", duplicate=False)]
    assert undispatched(connection) == 2


def test_duplicates_inside_one_call_are_found_too(connection: sa.Connection, make: Any) -> None:
    twins = [make.arrival("first", dedup=b"same"), make.arrival("second", dedup=b"same")]

    added = events.add(connection, twins)

    assert added == [Added("first", duplicate=False), Added("first", duplicate=True)]


def test_a_duplicate_leaves_the_stored_body_alone(connection: sa.Connection, make: Any) -> None:
    events.add(connection, [make.arrival("first", dedup=b"same", body=b"kept")])

    events.add(connection, [make.arrival("second", dedup=b"same", body=b"dropped")])

    assert events.body(connection, "first") == b"kept"
    assert connection.exec_driver_sql("SELECT count(*) FROM bodies").scalar_one() == 1


@pytest.mark.parametrize("body", [b"", b"\x00\xff" * 10, b"x" * 3_000_000])
def test_bodies_come_back_as_they_came(connection: sa.Connection, make: Any, body: bytes) -> None:
    events.add(connection, [make.arrival("evt", body=body)])

    assert events.body(connection, "evt") == body


def test_no_arrivals_are_no_trouble(connection: sa.Connection) -> None:
    assert events.add(connection, []) == []


def test_many_arrivals_go_in_at_once(connection: sa.Connection, make: Any) -> None:
    events.add(connection, [make.arrival(f"evt_{n}") for n in range(2_000)])

    again = events.add(
        connection, [make.arrival(f"new_{n}", dedup=b"evt_%d" % n) for n in range(2_000)]
    )

    assert [added.id for added in again] == [f"evt_{n}" for n in range(2_000)]
    assert all(added.duplicate for added in again)


def begun(connection: sa.Connection, limit: int = 9) -> list[tuple[str, int]]:
    return [(one.id, one.tries) for one in events.begin(connection, limit, now=NOW)]


def test_the_oldest_begin_first_and_their_try_is_counted(
    connection: sa.Connection, make: Any
) -> None:
    events.add(connection, [make.arrival(id_) for id_ in ("c", "a", "b")])

    first = events.begin(connection, 2, now=NOW)

    assert [(one.id, one.tries) for one in first] == [("c", 1), ("a", 1)]
    assert first[0].source == "snyk"
    assert first[0].received_at == make.event().received_at


@ON_SQLITE
def test_what_was_told_to_be_unreadable_long_ago_is_not_walked_over(
    connection: sa.Connection,
) -> None:
    plan = plan_of(connection, lambda: events.begin(connection, 9, now=NOW))

    assert "SEARCH events USING INDEX events_unread (status=?)" in plan


def test_what_was_tried_before_begins_alone(connection: sa.Connection, make: Any) -> None:
    events.add(connection, [make.arrival(id_) for id_ in ("a", "b", "c")])
    events.begin(connection, 2, now=NOW)

    again = [after_a_crash(connection) for _ in range(2)]
    events.finish(connection, make.event("a"))
    events.finish(connection, make.event("b"))

    assert again == [[("a", 2)], [("a", 3)]]
    assert begun(connection) == [("c", 1)]


def after_a_crash(connection: sa.Connection) -> list[tuple[str, int]]:
    """What begins next, once nobody holds anything any more."""
    connection.execute(sa.update(tables.events).values(lease_until=None))
    return begun(connection)


def test_what_arrived_begins_before_what_is_replayed(connection: sa.Connection, make: Any) -> None:
    events.add(connection, [make.arrival("a"), make.arrival("b")])
    for id_ in ("a", "b"):
        events.finish(connection, make.event(id_))
    events.again(connection, ids=["b", "a"])
    unreadable = make.arrival("d", status="unreadable", error="not JSON")
    events.add(connection, [unreadable, make.arrival("c")])

    order = []
    for _ in range(3):
        for each in events.begin(connection, 9, now=NOW):
            order.append(each.id)
            events.finish(connection, make.event(each.id))

    assert order == ["c", "d", "a", "b"]


def test_what_is_finished_failed_or_unreadable_waits_no_more(
    connection: sa.Connection, make: Any
) -> None:
    unreadable = make.arrival("d", status="unreadable", error="not JSON")
    events.add(connection, [make.arrival("a"), make.arrival("b"), make.arrival("c"), unreadable])

    events.finish(connection, make.event("a"))
    events.fail(connection, "b", "broke\x00 thrice")

    assert undispatched(connection) == 1
    assert begun(connection) == [("c", 1)]
    events.finish(connection, make.event("c"))
    assert begun(connection) == [("d", 1)]  # it is told of as such
    shown = listing.event(connection, "b")
    assert shown is not None
    assert (shown["status"], shown["error"]) == ("failed", "broke thrice")


def test_a_finished_event_is_remembered_without_its_findings(
    connection: sa.Connection, make: Any
) -> None:
    events.add(connection, [make.arrival("a")])
    event = make.event("a")

    events.finish(connection, event)

    assert events.contexts(connection, ["a", "a", "unknown"]) == {"a": event.context}


def test_before_that_its_columns_stand_in(connection: sa.Connection, make: Any) -> None:
    events.add(connection, [make.arrival("a")])

    known = events.contexts(connection, ["a"])["a"]

    assert (known.id, known.project.name, known.org.id) == ("a", "acme/shop:package.json", "org-1")


ON_POSTGRESQL = pytest.mark.parametrize("connection", ["postgresql"], indirect=True)


@pytest.fixture
def of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time is the test's."""
    monkeypatch.setattr("gateway.store.clock.now", lambda _connection, own: own)


def ids(begun: list[events.Waiting]) -> list[str]:
    return [each.id for each in begun]


def of_projects(make: Any, **projects: str) -> list[Any]:
    return [make.arrival(id_, project_id=project) for id_, project in projects.items()]


@ON_POSTGRESQL
@pytest.mark.usefixtures("of_ours")
def test_what_one_replica_began_no_other_begins_nor_what_came_later_of_its_project(
    connection: sa.Connection, make: Any
) -> None:
    events.add(connection, of_projects(make, a="p1", b="p2", c="p1", d="p3"))

    first = events.begin(connection, 2, now=NOW)
    second = events.begin(connection, 9, now=NOW)

    assert (ids(first), ids(second)) == (["a", "b"], ["d"])


@ON_POSTGRESQL
@pytest.mark.usefixtures("of_ours")
def test_a_lease_that_is_not_renewed_ends(connection: sa.Connection, make: Any) -> None:
    events.add(connection, of_projects(make, a="p1", b="p2"))
    begun = events.begin(connection, 2, now=NOW)

    events.renew(connection, begun[1:], NOW + LEASE / 2)
    later = events.begin(connection, 9, now=NOW + LEASE)

    assert [(each.id, each.tries) for each in later] == [("a", 2)]
    assert not events.hold(connection, begun[:1])  # another one has it
    assert events.hold(connection, later[:1])
    assert events.hold(connection, begun[1:2])


@ON_POSTGRESQL
@pytest.mark.usefixtures("of_ours")
def test_what_was_dispatched_meanwhile_is_held_by_nobody(
    connection: sa.Connection, make: Any
) -> None:
    events.add(connection, of_projects(make, a="p1"))
    (begun,) = events.begin(connection, 2, now=NOW)

    events.finish(connection, make.event("a"))

    assert not events.hold(connection, [begun])


def test_what_is_left_to_others_is_as_if_it_had_not_been_begun(
    connection: sa.Connection, make: Any
) -> None:
    events.add(connection, of_projects(make, a="p1", b="p2"))

    events.let_go(connection, events.begin(connection, 9, now=NOW))

    assert begun(connection) == [("a", 1), ("b", 1)]


def test_a_try_that_failed_counts_and_the_next_may_begin_at_once(
    connection: sa.Connection, make: Any
) -> None:
    events.add(connection, of_projects(make, a="p1"))

    events.put_back(connection, events.begin(connection, 9, now=NOW))

    assert begun(connection) == [("a", 2)]
