import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from multidict import CIMultiDict

from gateway import codec
from gateway.load import load
from gateway.metrics import Metrics
from gateway.model.delivery import Delivery, Settlement, Told
from gateway.model.identity import NewId
from gateway.model.rate import Pace, Rate
from gateway.pipeline.alarm import Alarm
from gateway.pipeline.alone import Alone
from gateway.pipeline.answering import Answering
from gateway.pipeline.beside import Beside
from gateway.pipeline.claiming import Judged, Turn, take
from gateway.pipeline.dispatch import Dispatch
from gateway.pipeline.flush import Flush
from gateway.pipeline.parts import InForce, Parts
from gateway.pipeline.reading import Reader
from gateway.store import deliveries, events, listing
from gateway.store.store import Store
from tests.arrivals import arrival_of
from tests.store.conftest import a_try

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ENGINES = os.environ.get("GATEWAY_TEST_ENGINES", "sqlite").split()
"""Those that the pipeline is tried on."""
ONE_PROCESS = pytest.mark.parametrize("store", ["sqlite"], indirect=True)
"""Of what only a store of its own has: a start after a crash, jumps of the one clock."""
SHORT = 0.001
"""Seconds between two looks. A loop that never rests keeps the store's threads from running."""

CONFIGURATION = """\
store: {{url: "sqlite:///{folder}/gateway.db"}}
sources: {{snyk: {{type: snyk, secrets: [a-secret-of-sixteen-or-more]}}}}
sinks:
  chat: {{type: slack, url: "https://hooks.slack.example/services/T0/B0/x"}}
  oncall: {{type: opsgenie, api_key: genie-key-genie-key}}
route: {{sinks: [chat, oncall], group_by: [finding]}}
"""


class StillClock:
    """A clock that stands still; sleeping takes no time."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def wait(self, event: Any, seconds: float) -> None:
        del event
        self.slept.append(seconds)


SECTIONS = """\
store: {{url: "sqlite:///{folder}/gateway.db"}}
sources: {{snyk: {{type: snyk, secrets: [a-secret-of-sixteen-or-more]}}}}
sinks:
  chat: {{type: slack, url: "https://hooks.slack.example/services/T0/B0/x"}}
  siem: {{type: http, url: "https://siem.example/ingest"}}
  oncall: {{type: opsgenie, api_key: genie-key-genie-key}}
"""


def issue(id_: str = "X-1", severity: str = "high", **changes: Any) -> dict[str, Any]:
    """One of Snyk's issues."""
    more = {"severity": severity, "title": "A flaw"}
    return {"id": id_, "issueType": "vuln", "pkgName": "left-pad", "issueData": more, **changes}


class Pipeline:
    """Dispatch and flush over one store, under parts that may be changed; time is at hand."""

    def __init__(
        self, store: Store, parts: Parts, clock: StillClock, metrics: Metrics, new_id: NewId
    ) -> None:
        self.store = store
        self.in_force = InForce(parts)
        self.clock = clock
        self.metrics = metrics
        self.new_id = new_id
        self.alarm = Alarm(store, clock=clock, new_id=new_id, wake=lambda: None)
        shared: dict[str, Any] = {"clock": clock, "metrics": metrics, "new_id": new_id}
        reader = Reader(store, self.in_force, Beside())
        self.dispatcher = Dispatch(
            store,
            self.in_force,
            reader,
            Answering(clock),
            alarm=self.alarm,
            wake=lambda _sinks: None,
            judge=lambda: None,
            **shared,
        )
        alone = Alone(store, "gtw_1", clock=clock)
        self._flush = Flush(store, self.in_force, alone=alone, wake=lambda _sinks: None, **shared)
        self._tests = count(1)
        self._judged: dict[str, Judged] = {}

    async def hear(
        self,
        *new: Mapping[str, Any],
        removed: tuple[Mapping[str, Any], ...] = (),
        project: str = "p1",
        **more: Any,
    ) -> str:
        """A snapshot of a later test than those before, stored and dispatched; its id."""
        tested = NOON + timedelta(seconds=next(self._tests))
        about = {"id": project, "name": f"acme/{project}", "lastTestedDate": tested.isoformat()}
        body = {
            "project": {**about, **more.pop("about", {})},
            "org": {"id": "o1"},
            "newIssues": list(new),
            "removedIssues": list(removed),
            **more,
        }
        return await self.take(codec.encode(body))

    async def take(self, body: bytes) -> str:
        """A body, stored and dispatched; the event's id."""
        source = self.in_force.parts.sources["snyk"]
        now = self.clock.now()
        arrival = arrival_of(source, body, CIMultiDict(), now, self.new_id("evt", now))
        await self.store.write(lambda connection: events.add(connection, [arrival]))
        await self.dispatch()
        return arrival.id

    async def dispatch(self) -> None:
        """Whatever is stored and waits."""
        while await self.dispatcher.some():
            pass

    async def later(self, **time: float) -> None:
        """So much time passes; what is due then is judged."""
        self.clock.at += timedelta(**time)
        await self.flush()

    async def flush(self) -> None:
        """Whatever is due now is judged, and reminded of."""
        while await self._flush.some():
            pass

    async def deliver(self) -> list[str]:
        """Every sink takes what is due: `SINK: REVISION` of each delivery that was claimed."""
        told: list[str] = []
        for sink in self.in_force.parts.sinks:
            told += await self._deliver(sink)
        return sorted(told)

    async def take_in_hand(
        self, sink: str, *, limit: int = 100, rate: Rate | None = None
    ) -> Sequence[Delivery]:
        """What the sink is to try now, held for five minutes."""
        now, parts = self.clock.now(), self.in_force.parts
        turn = Turn(
            sink=sink,
            now=now,
            claim=self.new_id("clm", now),
            lease_until=now + timedelta(minutes=5),
            limit=limit,
            pace=Pace(rate),
            judged=self._judged.get(sink, {}),
        )
        taken = await self.store.write(lambda connection: take(connection, parts, turn))
        self.metrics.count_suppressed(taken.kept_back.suppressed)
        self._judged[sink] = taken.judged
        return taken.claimed

    async def _deliver(self, sink: str) -> list[str]:
        claimed = await self.take_in_hand(sink)
        for each in claimed:
            told = Told(revision=each.revision, tried=True)
            await self.settle(each, state="delivered", reason="", told=told)
        return [f"{sink}: {each.revision}" for each in claimed]

    async def fail(self, sink: str, **more: Any) -> None:
        """Everything that is due at the sink is tried once in vain, and waits for an hour."""
        now = self.clock.now()
        waits = {"state": "pending", "next_attempt_at": now + timedelta(hours=1)}
        for each in await self.take_in_hand(sink):
            how = {"reason": "network", "attempt": a_try(now), "told": Told(tried=True), **more}
            await self.settle(each, **waits, **how)

    async def settle(self, delivery: Delivery, **how: Any) -> None:
        """That is how the delivery goes on."""
        done = Settlement(delivery_id=delivery.id, claim=delivery.claim, **how)
        now = self.clock.now()
        await self.store.write(lambda connection: deliveries.settle(connection, [done], now))

    async def owed(self, *columns: str) -> list[Any]:
        """These columns of every delivery, in the order in which they were made."""
        page = await self.store.read(lambda connection: listing.deliveries(connection, limit=1000))
        names = columns or ("sink", "status", "reason")
        rows = [tuple(item[name] for name in names) for item in reversed(page.items)]
        return [row[0] for row in rows] if len(names) == 1 else rows

    async def alerts(self, *columns: str) -> list[Any]:
        """These columns of every alert, in the order in which they were opened."""
        page = await self.store.read(lambda connection: listing.alerts(connection, limit=1000))
        rows = [tuple(item[name] for name in columns) for item in reversed(page.items)]
        return [row[0] for row in rows] if len(columns) == 1 else rows

    async def heard_of(self, **wanted: str) -> list[dict[str, Any]]:
        """The events with these columns, oldest first."""
        page = await self.store.read(
            lambda connection: listing.events(connection, limit=1000, **wanted)
        )
        return page.items[::-1]

    def counted(self, name: str, **labels: str) -> float:
        """What a metric shows; 0 where it was never counted."""
        return self.metrics.registry.get_sample_value(f"gateway_{name}", labels) or 0.0


@pytest.fixture(autouse=True)
def _unrehearsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Configurations are loaded as they are; tests of `load` and `check` have them rehearsed."""
    monkeypatch.setattr("gateway.crosscheck.rehearse", lambda _parts: [])


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def new_id() -> NewId:
    numbers = count(1)
    return lambda prefix, _now: f"{prefix}_{next(numbers):04}"


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    file = tmp_path / "gateway.yaml"
    file.write_text(CONFIGURATION.format(folder=tmp_path))
    return load(file, environ={}, offline=False).parts


@pytest.fixture
def in_force(parts: Parts) -> InForce:
    return InForce(parts)


@pytest.fixture(params=ENGINES)
def store(
    request: pytest.FixtureRequest, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Store]:
    """The file that the parts name, or a server that stands in for it."""
    at = parts.store.url
    if request.param == "postgresql":
        at = request.getfixturevalue("shared_url")
        # Time is the test's: no server's clock stands still.
        monkeypatch.setattr("gateway.store.clock.now", lambda _connection, own: own)
    store = Store.open(at)
    yield store
    store.close()


Build = Callable[..., Parts]
Start = Callable[..., Pipeline]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Parts from YAML: `route` and whatever follows; a top-level key replaces ours."""

    def build(rules: str, *, environ: Mapping[str, str] | None = None) -> Parts:
        file = tmp_path / "gateway.yaml"
        file.write_text(_sections(tmp_path, dedent(rules)) + dedent(rules))
        return load(file, environ=environ or {}, offline=False).parts

    return build


def _sections(folder: Path, rules: str) -> str:
    """Ours, without those that the rules have of their own."""
    own = {line.partition(":")[0] for line in rules.splitlines() if line[:1].isalpha()}
    kept, skipping = [], False
    for line in SECTIONS.format(folder=folder).splitlines(keepends=True):
        if not line.startswith(" "):
            skipping = line.partition(":")[0] in own
        if not skipping:
            kept.append(line)
    return "".join(kept)


@pytest.fixture
def pipeline(
    store: Store, build: Build, clock: StillClock, metrics: Metrics, new_id: NewId
) -> Start:
    """A pipeline under rules that are YAML."""

    def start(rules: str, *, environ: Mapping[str, str] | None = None) -> Pipeline:
        return Pipeline(store, build(rules, environ=environ), clock, metrics, new_id)

    return start
