"""A migrated database file, and the nouns to fill it with."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.model.alert import Alert, Entry
from gateway.model.delivery import Attempt, Delivery, Owed
from gateway.model.event import Arrival, Event, Org, Project
from gateway.model.finding import Finding
from gateway.store import alerts, deliveries, events, postgres, tables
from gateway.store.schema import migrate
from gateway.store.sqlite import writer_engine
from tests.postgres import database

NOW = datetime(2026, 11, 23, 10, 0, 0, 123456, tzinfo=UTC)


ON_SQLITE = pytest.mark.parametrize("connection", ["sqlite"], indirect=True)
"""Of what only a file has: its plans, a start after a crash, jumps of the one clock."""


def undispatched(connection: sa.Connection) -> int:
    """How many events wait for dispatch."""
    query = sa.select(sa.func.count()).where(tables.events.c.status == "pending")
    return int(connection.execute(query).scalar_one())


def plan_of(connection: sa.Connection, act: Callable[[], object]) -> list[str]:
    """How SQLite looks up what is asked for in the act, statement by statement."""
    seen: list[tuple[str, Any]] = []

    def watch(_c: Any, _u: Any, statement: str, parameters: Any, _x: Any, many: bool) -> None:
        seen.append((statement, parameters[0] if many else parameters))

    sa.event.listen(connection, "before_cursor_execute", watch)
    act()
    sa.event.remove(connection, "before_cursor_execute", watch)
    return [
        row.detail
        for statement, parameters in seen
        for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
    ]


def a_try(at: datetime, **changes: Any) -> Attempt:
    """The first try of a delivery, which failed at once."""
    attempt = Attempt(
        number=1,
        started_at=at,
        ended_at=at,
        outcome="try_again",
        reason="network",
        status=None,
        detail="",
    )
    return replace(attempt, **changes)


def take_due(
    connection: sa.Connection,
    sink: str,
    *,
    claim: str,
    lease_until: datetime,
    lease_now: datetime | None = None,
    limit: int,
    **turn: Any,
) -> list[Delivery]:
    """What is due at the sink is held under the claim, without another look."""
    found = deliveries.due(connection, sink, limit=limit, lease_now=lease_now, **turn)
    return deliveries.hold(connection, sink, found, claim=claim, lease_until=lease_until, **turn)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture(params=["sqlite", "postgresql"])
def connection(request: pytest.FixtureRequest) -> sa.Connection:
    """One that writes, on the newest schema, to each engine in turn."""
    of = {"sqlite": "to_sqlite", "postgresql": "to_postgresql"}[request.param]
    connection: sa.Connection = request.getfixturevalue(of)
    return connection


@pytest.fixture
def to_sqlite(path: Path) -> Iterator[sa.Connection]:
    engine = writer_engine(path)
    migrate(engine)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


@pytest.fixture(scope="session")
def server_engine(postgres_url: str, migrated: str) -> Iterator[sa.Engine]:
    with database(postgres_url, template=migrated.rpartition("/")[2]) as url:
        engine = postgres.writer_engine(url)
        yield engine
        engine.dispose()


@pytest.fixture
def to_postgresql(server_engine: sa.Engine) -> Iterator[sa.Connection]:
    with server_engine.connect() as connection:
        yield connection  # without a commit nothing stays


@dataclass
class Make:
    """Makes nouns, and stores them where a connection is given."""

    def arrival(self, id_: str, *, dedup: bytes | None = None, **changes: Any) -> Arrival:
        arrival = Arrival(
            id=id_,
            source="snyk",
            dedup=dedup or id_.encode(),
            status="pending",
            type="project_snapshot",
            version="v0",
            transport_id=f"transport-{id_}",
            received_at=NOW,
            project_id="project-1",
            project_name="acme/shop:package.json",
            org_id="org-1",
            new_count=1,
            body=b'{"made": "up"}',
        )
        return replace(arrival, **changes)

    def event(self, id_: str = "evt_1") -> Event:
        return Event(
            id=id_,
            source="snyk",
            type="project_snapshot",
            version="v0",
            received_at=NOW,
            tested_at=NOW - timedelta(minutes=1),
            project=Project(id="project-1", name="acme/shop:package.json", tags=(("env", "prod"),)),
            org=Org(id="org-1", slug="acme", name="Acme"),
            raw={"project": {"id": "project-1"}},
        )

    def entry(self, key: str, *, severity: str = "high", **changes: Any) -> Entry:
        finding = Finding(id=f"SNYK-{key}", severity=severity, title="Bad", package="left-pad")
        entry = Entry(key=key, finding=finding, event=self.event(), opened=1)
        return replace(entry, **changes)

    def alert(self, id_: str = "alr_1", *entries: Entry, **changes: Any) -> Alert:
        alert = Alert(
            id=id_,
            key=f"key-of-{id_}",
            route="root",
            group=("evt_1",),
            sinks=("slack", "oncall"),
            status="open",
            revision=1,
            opened_at=NOW,
            resolved_at=None,
            event=self.event(),
            entries=entries or (self.entry(f"finding-of-{id_}"),),
        )
        return replace(alert, **changes)

    def owed(self, alert_id: str = "alr_1", sink: str = "slack", **changes: Any) -> Owed:
        owed = Owed(
            alert_id=alert_id,
            alert_key=f"key-of-{alert_id}",
            route="root",
            sink=sink,
            due=NOW,
            judged=True,
            revision=1,
            severity=3,
            event_id="evt_1",
            accepted_at=NOW,
        )
        return replace(owed, **changes)

    def single(self, key: str) -> Owed:
        """What is owed of an event as such."""
        return replace(self.owed(), alert_id=None, alert_key=key, deliver="events")

    def save(self, connection: sa.Connection, *made: Alert) -> None:
        """Stores the alerts with all their entries, and the event behind them."""
        events.add(connection, [self.arrival("evt_1")])
        events.finish(connection, self.event())
        entries = {alert.id: alert.entries for alert in made}
        alerts.save(connection, made, entries=entries, now=NOW)

    def owe(self, connection: sa.Connection, new_id: str, **changes: Any) -> str:
        """Stores what is owed to a sink; the delivery's id."""
        owed = self.owed(**changes)
        return deliveries.owe(connection, [owed], NOW, [new_id])[0]


@pytest.fixture
def make() -> Make:
    return Make()
