"""Random histories through the real transition and store, against a small model of what is open."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.alerting.telling import choose
from gateway.alerting.transition import Candidate, Known, key_of, transition
from gateway.model.delivery import Attempt, Delivery, Settlement, Told
from gateway.model.event import Arrival, Event, Org, Project
from gateway.model.finding import Change, Finding
from gateway.model.identity import alert_key, delivery_identity
from gateway.pipeline.settlement import cancelled
from gateway.store import alerts, deliveries, events, findings
from gateway.store.sqlite import writer_engine
from gateway.store.tables import metadata

START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
Grouping = Literal["event", "finding", "project"]
End = Literal[
    "delivered", "lost", "cut off before", "cut off after", "crashed before", "crashed after"
]


@dataclass(frozen=True)
class Happened:
    """One webhook: what a test of a project lists."""

    project: str
    tested: int | None
    listed: Mapping[str, tuple[Change, str]]


EVENTS = st.builds(
    Happened,
    project=st.sampled_from(["p1", "p2"]),
    tested=st.none() | st.integers(0, 4),
    listed=st.dictionaries(
        st.sampled_from(["a", "b", "c"]),
        st.tuples(st.sampled_from(["new", "removed"]), st.sampled_from(["high", "critical"])),
        min_size=1,
    ),
)
TRIES = st.sampled_from(End.__args__)  # type: ignore[attr-defined]  # the words of the Literal
STEPS = st.lists(EVENTS | TRIES, max_size=15)


@dataclass
class Model:
    """What should be open at the end, worked out the short way."""

    by: Grouping
    applied: dict[tuple[str, str], int | None] = field(default_factory=dict)
    """Test of the last change that counted, by finding."""
    open: dict[tuple[str, str], tuple[str, int | None]] = field(default_factory=dict)
    """Place and last test of each open finding."""

    def take(self, event_id: str, happened: Happened) -> None:
        for name, (change, _) in happened.listed.items():
            finding = (happened.project, name)
            if older(happened.tested, self.applied.get(finding)):
                continue
            self.applied[finding] = happened.tested
            if change == "removed":
                self.open.pop(finding, None)
                continue
            here = {"event": event_id, "finding": name, "project": ""}[self.by]
            place, last = self.open.get(finding, (here, None))
            # A later test that lists it as new again: its removal was lost.
            self.open[finding] = (here if older(last, happened.tested) else place, happened.tested)

    def places(self) -> set[tuple[str, str]]:
        return {(project, place) for (project, _), (place, _) in self.open.items()}


def older(one: int | None, other: int | None) -> bool:
    return one is not None and other is not None and one < other


class Gateway:
    """Store and decisions as dispatch and deliver join them, with time moved by hand."""

    def __init__(self, connection: sa.Connection, by: Grouping) -> None:
        self.connection = connection
        self.by = by
        self.now = START
        self.numbers = count(1)
        self.places: dict[str, tuple[str, str]] = {}
        self.open: set[str] = set()
        """The receiver's: aliases of what is open there."""
        self.settled: Counter[str] = Counter()
        """Arrivals that the gateway knows of, by identity."""

    def new_id(self, prefix: str, _now: datetime) -> str:
        return f"{prefix}_{next(self.numbers):05}"

    def take(self, event_id: str, happened: Happened) -> None:
        event = self._stored(event_id, happened)
        routed = {
            key_of(each, event): [self._candidate(each, event)]
            for each in event.findings
            if each.change == "new"
        }
        keys = [key_of(each, event) for each in event.findings]
        holding = alerts.holding(self.connection, keys)
        named = {each.alert_key for some in routed.values() for each in some}
        others = alerts.by_key(self.connection, named - {alert.key for alert in holding})
        changes = transition(
            event,
            routed,
            Known(changes=findings.last_changes(self.connection, keys), alerts=[*holding, *others]),
            now=self.now,
            new_id=self.new_id,
            resolving=frozenset({"pager"}),
        )
        events.finish(self.connection, event)
        findings.change(self.connection, changes.findings)
        alerts.save(self.connection, changes.alerts, entries=changes.entries, now=self.now)
        ids = [self.new_id("dlv", self.now) for _ in changes.owed]
        deliveries.owe(self.connection, changes.owed, now=self.now, new_ids=ids)

    def attempt(self, end: End) -> bool:
        """One try of whatever is due; whether there was anything."""
        self.now += timedelta(minutes=10)
        claimed = deliveries.claim(
            self.connection,
            "pager",
            now=self.now,
            claim=self.new_id("clm", self.now),
            lease_until=self.now + HOUR,
            limit=1,
        )
        for delivery in claimed:
            self._try(delivery, end)
        return bool(claimed)

    def drain(self) -> None:
        """Everything is tried until nothing waits; bounded, or it would hide a loop."""
        for _ in range(500):
            if not self.attempt("delivered"):
                due = deliveries.next_due(self.connection, "pager")
                if due is None:
                    return
                self.now = max(self.now, due)
        raise AssertionError("it never ends")

    def _try(self, delivery: Delivery, end: End) -> None:
        notice = choose(
            delivery.alert, delivery.revision, delivery.told, lifecycle=True, send_resolved=True
        )
        if notice is None:
            self._settle(cancelled(delivery))
            return
        identity = delivery_identity("", delivery.alert.id, notice.revision, "pager")
        if end in {"delivered", "cut off after", "crashed after"}:
            change = self.open.discard if notice.action == "close" else self.open.add
            change(delivery.alert.key)
        if end.startswith("crashed"):
            deliveries.recover(self.connection)
            return
        if end == "delivered":
            self.settled[identity] += 1
            told = Told(
                revision=notice.revision, tried=True, closed=notice.action == "close", receipt=None
            )
            self._settle(self._written(delivery, "delivered", told))
            return
        told = Told(revision=delivery.told.revision, tried=True, closed=delivery.told.closed)
        self._settle(self._written(delivery, "pending", told, ambiguous=end != "lost"))

    def _written(
        self, delivery: Delivery, state: Literal["delivered", "pending"], told: Told, **more: bool
    ) -> Settlement:
        attempt = Attempt(
            number=delivery.attempts + 1,
            started_at=self.now,
            ended_at=self.now,
            outcome="delivered" if state == "delivered" else "try_again",
            reason="",
            status=None,
            detail="",
        )
        return Settlement(
            delivery_id=delivery.id,
            claim=delivery.claim,
            state=state,
            reason="",
            attempt=attempt,
            told=told,
            next_attempt_at=None if state == "delivered" else self.now + HOUR,
            ambiguous=more.get("ambiguous", False),
        )

    def _settle(self, settlement: Settlement) -> None:
        assert deliveries.settle(self.connection, [settlement], self.now) == [True]

    def _candidate(self, finding: Finding, event: Event) -> Candidate:
        place = {"event": event.id, "finding": finding.id, "project": ""}[self.by]
        key = alert_key("", "root", (event.project.id, place))
        self.places[key] = (event.project.id, place)
        return Candidate(
            key=key_of(finding, event),
            route="root",
            group=(event.project.id, place),
            alert_key=key,
            sinks=("pager",),
        )

    def _stored(self, event_id: str, happened: Happened) -> Event:
        event = Event(
            id=event_id,
            source="snyk",
            type="project_snapshot",
            version="v0",
            received_at=self.now,
            tested_at=None if happened.tested is None else START + happened.tested * HOUR,
            project=Project(id=happened.project),
            org=Org(id="o"),
            findings=tuple(
                Finding(id=name, change=change, severity=severity)
                for name, (change, severity) in happened.listed.items()
            ),
        )
        arrival = Arrival(
            id=event_id,
            source="snyk",
            dedup=event_id.encode(),
            status="pending",
            type=event.type,
            version="v0",
            transport_id="",
            received_at=self.now,
            project_id=happened.project,
            project_name="",
            org_id="o",
            new_count=0,
            removed_count=0,
            unreadable_issues=0,
            error="",
            body=b"{}",
        )
        events.add(self.connection, [arrival])
        return event


@contextmanager
def fresh_store() -> Iterator[sa.Connection]:
    with TemporaryDirectory() as folder:
        engine = writer_engine(Path(folder, "gateway.db"))
        with engine.begin() as connection:
            metadata.create_all(connection)
            yield connection
        engine.dispose()


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(Grouping.__args__), STEPS)  # type: ignore[attr-defined]  # its words
def test_receiver_ends_up_with_exactly_what_is_open(
    by: Grouping, steps: list[Happened | End]
) -> None:
    model = Model(by)
    with fresh_store() as connection:
        gateway = Gateway(connection, by)
        for number, step in enumerate(steps):
            if isinstance(step, Happened):
                model.take(f"evt_{number:03}", step)
                gateway.take(f"evt_{number:03}", step)
            else:
                gateway.attempt(step)

        gateway.drain()

        assert {gateway.places[alias] for alias in gateway.open} == model.places()
        assert max(gateway.settled.values(), default=0) <= 1
