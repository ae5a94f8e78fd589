"""The running parts over a real store, with files, a clock and a source that obey."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml
from multidict import CIMultiDict

from gateway import samples
from gateway.load import load
from gateway.metrics import Metrics
from gateway.model.identity import NewId
from gateway.pipeline.alarm import Alarm
from gateway.pipeline.alone import Alone
from gateway.pipeline.answering import Answering
from gateway.pipeline.beside import Beside
from gateway.pipeline.dispatch import Dispatch
from gateway.pipeline.flush import Flush
from gateway.pipeline.parts import InForce, Parts
from gateway.pipeline.reading import Reader
from gateway.running.acts import Acts
from gateway.running.reads import Reads
from gateway.running.reload import Origin, Reload
from gateway.settings.snapshot import Snapshot
from gateway.store import events, listing, sinks
from gateway.store.store import Store
from tests.arrivals import arrival_of
from tests.pipeline.conftest import NOON, StillClock

SECRET = "a-secret-of-sixteen-or-more"


@dataclass
class Files:
    """A configuration folder."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.path.mkdir()
        self.write()

    @property
    def path(self) -> Path:
        return self.folder / "config"

    @property
    def store_url(self) -> str:
        return f"sqlite:///{self.folder}/gateway.db"

    def write(self, **sections: Any) -> None:
        """The sections that are given take the place of the usual ones."""
        usual = {
            "store": {"url": self.store_url},
            "sources": {"snyk": {"type": "snyk", "secrets": [SECRET]}},
            "sinks": {"siem": {"type": "http", "url": "https://siem.example/ingest"}},
            "route": {"sinks": ["siem"], "group_by": ["finding"]},
            **sections,
        }
        (self.path / "gateway.yaml").write_text(yaml.safe_dump(usual))

    def add(self, name: str, text: str) -> None:
        file = self.path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)

    def load(self) -> Parts:
        return load(self.path, environ=self.environ, offline=False).parts


@dataclass
class Rig:
    """What runs in a gateway, without the loops and the listeners."""

    files: Files
    store: Store
    clock: StillClock
    metrics: Metrics
    new_id: NewId
    in_force: InForce
    refusal: str | None = None
    applied: list[Parts] = field(default_factory=list)
    woken: int = 0
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    def reload(self, origin: Origin | None = None) -> Reload:
        return Reload(
            self.store,
            self.in_force,
            origin or self.origin(),
            clock=self.clock,
            metrics=self.metrics,
            alarm=self.alarm,
            refuses=lambda _parts: self.refusal,
            applied=self.applied.append,
            asked=self.asked,
        )

    def origin(self) -> Origin:
        path, environ = self.files.path, self.files.environ
        return Origin(path=path, environ=environ, snapshot=Snapshot.take(path))

    @property
    def alarm(self) -> Alarm:
        return Alarm(self.store, clock=self.clock, new_id=self.new_id, wake=lambda: None)

    @property
    def reader(self) -> Reader:
        return Reader(self.store, self.in_force, Beside())

    def acts(self) -> Acts:
        return Acts(
            self.store,
            self.in_force,
            self.reload(),
            self.reader,
            clock=self.clock,
            new_id=self.new_id,
            wake=self.wake,
        )

    def reads(self) -> Reads:
        return Reads(self.store, self.in_force, clock=self.clock)

    def wake(self) -> None:
        self.woken += 1

    async def came(self, name: str = "new-critical", number: int = 0) -> str:
        """The id of a sample that was stored and dispatched."""
        (body,) = samples.bodies(name, number=number, at=NOON)
        source = self.in_force.parts.sources["snyk"]
        event_id = self.new_id("evt", NOON)
        encoded = samples.encode(body)
        arrival = arrival_of(source, encoded, CIMultiDict(), self.clock.now(), event_id)
        await self.store.write(lambda connection: events.add(connection, [arrival]))
        await self.dispatched()
        return event_id

    async def dispatched(self) -> None:
        """Everything that waits for it, was."""
        dispatch = Dispatch(
            self.store,
            self.in_force,
            self.reader,
            Answering(self.clock),
            clock=self.clock,
            metrics=self.metrics,
            new_id=self.new_id,
            alarm=self.alarm,
            wake=lambda _sinks: None,
            judge=lambda: None,
        )
        flush = Flush(
            self.store,
            self.in_force,
            clock=self.clock,
            metrics=self.metrics,
            new_id=self.new_id,
            alone=Alone(self.store, "gtw_1", clock=self.clock),
            wake=lambda _sinks: None,
        )
        await dispatch.some()
        await flush.some()

    async def judged(self) -> list[str]:
        """The states of all deliveries, oldest first, once those that are due were judged."""
        await self.dispatched()
        return [each["status"] for each in reversed(await self.listed(listing.deliveries))]

    async def refused(self) -> None:
        """A try told that the sink takes nothing from us: its breaker is open."""
        now = self.clock.now()
        await self.store.write(lambda connection: sinks.heard(connection, "siem", ["refused"], now))

    async def probe_at(self) -> datetime | None:
        """When the sink is probed next; None where nothing is wrong with it."""
        state = await self.store.read(lambda connection: sinks.state(connection, "siem"))
        return state.breaker.probe_at

    async def listed(self, what: Callable[..., listing.Page], **filters: Any) -> list[Any]:
        page = await self.store.read(lambda connection: what(connection, limit=100, **filters))
        return list(page.items)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


@pytest.fixture
def rig(files: Files) -> Iterator[Rig]:
    numbers = count(1)
    store = Store.open(files.store_url)
    yield Rig(
        files=files,
        store=store,
        clock=StillClock(),
        metrics=Metrics(),
        new_id=lambda prefix, _now: f"{prefix}_{next(numbers):04}",
        in_force=InForce(files.load()),
    )
    store.close()
