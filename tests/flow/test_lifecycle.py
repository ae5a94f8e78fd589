"""Random histories through the real rules and store, against a small model of what is open."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, NamedTuple, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict

from gateway import samples
from gateway.alerting.ending import ended
from gateway.alerting.telling import choose
from gateway.load import load
from gateway.metrics import Metrics
from gateway.model.delivery import Attempt, Delivery, Settlement, Told
from gateway.model.finding import Change
from gateway.model.identity import delivery_identity, finding_key
from gateway.model.notice import Notice
from gateway.pipeline.alarm import Alarm
from gateway.pipeline.alone import Alone
from gateway.pipeline.answering import Answering
from gateway.pipeline.beside import Beside
from gateway.pipeline.claiming import Judged, Turn, take
from gateway.pipeline.dispatch import Dispatch
from gateway.pipeline.flush import Flush
from gateway.pipeline.muting import judge_at
from gateway.pipeline.parts import InForce, Parts
from gateway.pipeline.reading import Reader
from gateway.pipeline.record import write
from gateway.pipeline.settlement import cancelled
from gateway.store import alerts, deliveries, events, redelivery, silences
from gateway.store.silences import StoredSilence
from gateway.store.store import Connection, Store
from tests.arrivals import arrival_of

START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
SINKS = ("pager", "chat")
RESOLVED = "p1"
"""The project whose alerts an operator resolves."""

CONFIGURATION = """\
store: {{url: "sqlite:///{folder}/gateway.db"}}
sources: {{snyk: {{type: snyk, secrets: [a-secret-of-sixteen-or-more]}}}}
sinks:
  pager: {{type: opsgenie, api_key: genie-key-genie-key}}
  chat: {{type: slack, url: "https://hooks.slack.example/services/T0/B0/x"}}
"""
RULES = {
    "per finding": "route: {sinks: [pager, chat], group_by: [finding]}",
    "per project, with timers": """
route: {sinks: [pager, chat], group_by: [project.id], group_wait: 20m, group_interval: 90m}
""",
    "per event, with a budget": """
route: {sinks: [pager, chat], group_by: [event], max_alerts: 1/3h, repeat_interval: 2h}
""",
    "one route each": """
route:
  sinks: [pager, chat]
  group_by: [finding]
  routes:
    - {name: worst, matchers: [severity = critical], group_by: [project.id], group_wait: 1h}
""",
    "criticals mute the others": """
route: {sinks: [pager, chat], group_by: [finding]}
inhibit:
  - source: [severity = critical]
    target: [severity != critical]
    equal: [project.id]
""",
}
PLAIN = "per finding"

End = Literal[
    "delivered",
    "refused",
    "lost",
    "cut off before",
    "cut off after",
    "crashed before",
    "crashed after",
]
Act = Literal["hour", "restart", "silence", "expire", "retry", "replay", "resolve"]
Finding = tuple[str, str]
"""Project and issue."""


@dataclass(frozen=True)
class Happened:
    """One webhook: what a test of a project lists."""

    project: str
    tested: int | None
    listed: Mapping[str, tuple[Change, str]]


class Reloaded(NamedTuple):
    """Other rules are in force from now on."""

    rules: str


class Tried(NamedTuple):
    """One sink gets its next delivery, and this is how that ends."""

    sink: str
    end: End


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
ENDS = ("delivered", *get_args(End))
TRIES = st.builds(Tried, st.sampled_from(SINKS), st.sampled_from(ENDS))
RELOADS = st.builds(Reloaded, st.sampled_from(sorted(RULES)))
ACTS = st.sampled_from(get_args(Act))
Step = Happened | Tried | Reloaded | Act
STEPS = st.lists(EVENTS | TRIES | RELOADS | ACTS, max_size=20)


@dataclass
class Model:
    """What should be open at the end, worked out the short way."""

    applied: dict[Finding, int | None] = field(default_factory=dict)
    """Test of the last change that counted, by finding."""
    open: set[Finding] = field(default_factory=set)

    def take(self, happened: Happened) -> None:
        for name, (change, _) in happened.listed.items():
            finding = (happened.project, name)
            last = self.applied.get(finding)
            if last is not None and happened.tested is not None and happened.tested < last:
                continue  # stale
            self.applied[finding] = happened.tested
            if change == "new":
                self.open.add(finding)
            else:
                self.open.discard(finding)

    def resolve(self) -> None:
        self.open = {finding for finding in self.open if finding[0] != RESOLVED}

    def keys(self) -> set[str]:
        return {finding_key("o", project, name, "left-pad") for project, name in self.open}


@dataclass
class Receiver:
    """What one sink knows: what is open there, and what it was ever told of."""

    open: dict[str, set[str]] = field(default_factory=dict)
    """Findings by alias."""
    heard: set[str] = field(default_factory=set)
    told: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """Revisions by alert, in the order they came."""

    def take(self, notice: Notice, alias: str) -> None:
        keys = {entry.key for entry in notice.open}
        self.heard |= keys
        self.told[notice.alert.id].append(notice.revision)
        if notice.action == "close":
            self.open.pop(alias, None)
        else:
            self.open[alias] = keys


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    async def sleep(self, _seconds: float) -> None:
        raise AssertionError("nothing sleeps here")

    async def wait(self, _event: asyncio.Event, _seconds: float) -> None:
        raise AssertionError("nothing waits here")


class Gateway:
    """The real dispatch, flush and store; tries end as the history says."""

    def __init__(self, store: Store, name: str = "gtw_1") -> None:
        self.name = name
        self.store = store
        self.clock = Hand()
        self.in_force = InForce(parts_of(PLAIN))
        self.numbers = count(1)
        self.receivers = {sink: Receiver() for sink in SINKS}
        self.settled: set[tuple[str, str]] = set()
        self.silenced_until = START
        self.start()

    def start(self) -> None:
        """What a process keeps in memory, made anew."""
        common: Any = {"clock": self.clock, "metrics": Metrics(), "new_id": self.new_id}
        alarm = Alarm(self.store, clock=self.clock, new_id=self.new_id, wake=lambda: None)
        reader = Reader(self.store, self.in_force, Beside())
        self.dispatch = Dispatch(
            self.store,
            self.in_force,
            reader,
            Answering(self.clock),
            alarm=alarm,
            wake=lambda _: None,
            judge=lambda: None,
            **common,
        )
        alone = Alone(self.store, self.name, clock=self.clock)
        self.flush = Flush(self.store, self.in_force, alone=alone, wake=lambda _: None, **common)
        self.judged: dict[str, Judged] = {sink: {} for sink in SINKS}

    def join(self, other: "Gateway") -> None:
        """Goes by the other's clock, and tells the same receivers."""
        self.clock, self.numbers = other.clock, other.numbers
        self.receivers, self.settled = other.receivers, other.settled
        self.start()

    def new_id(self, prefix: str, _now: datetime) -> str:
        return f"{prefix}_{next(self.numbers):05}"

    async def step(self, step: Step) -> None:
        match step:
            case Happened():
                await self.take(step)
            case Reloaded(rules=rules):
                await self.reload(rules)
            case Tried(sink=sink, end=end):
                await self.attempt(sink, end)
            case _:
                await self.act(step)
        await self.work()

    async def work(self) -> None:
        """Whatever the gateway does by itself at this moment."""
        for _ in range(50):
            if not await self.dispatch.some() + await self.flush.some():
                return
        raise AssertionError("it never rests")

    async def take(self, happened: Happened, known_as: str | None = None) -> None:
        """A webhook, unlike any other unless it is known as one that was."""
        source = self.in_force.parts.sources["snyk"]
        id_ = self.new_id("evt", self.clock.at)
        body = samples.encode(webhook(happened, unlike=known_as or id_))
        arrival = arrival_of(source, body, CIMultiDict(), self.clock.at, id_)
        await self.store.write(lambda connection: events.add(connection, [arrival]))

    async def reload(self, rules: str) -> None:
        self.in_force.parts = parts_of(rules)
        now = self.clock.at
        await self.store.write(
            lambda connection: deliveries.rejudge(connection, "held", "muted", now=now)
        )

    async def act(self, act: Act) -> None:
        now = self.clock.at
        match act:
            case "hour":
                self.clock.at += HOUR
            case "restart":
                await self.store.write(deliveries.recover)
                self.start()
            case "silence":
                await self.store.write(self._silence)
            case "expire":
                self.clock.at += 3 * HOUR
            case "retry":
                await self.store.write(
                    lambda connection: redelivery.retry(
                        connection, redelivery.dead(connection, wanted={}), now
                    )
                )
            case "replay":
                await self.store.write(lambda connection: events.again(connection, since=START))
            case "resolve":
                await self.store.write(self._resolve)

    def _resolve(self, connection: Connection) -> None:
        """An operator ends whatever is open of one project."""
        parts = self.in_force.parts
        changes = ended(
            alerts.open_ones(connection, alerts.open_ids(connection, project=RESOLVED)),
            "by_hand",
            now=self.clock.at,
            terms=parts.terms,
            resolving=parts.resolving,
            which=lambda entry: entry.event.project.id == RESOLVED,
        )
        judge = judge_at(connection, parts, self.clock.at)
        write(connection, judge, changes, new_id=self.new_id)

    def _silence(self, connection: Connection) -> None:
        silence = StoredSilence(
            id=self.new_id("sil", self.clock.at),
            matchers=("id =~ [ab]",),
            starts=None,
            until=self.clock.at + 2 * HOUR,
            owner="ops",
            reason="a test",
        )
        silences.add(connection, silence, self.clock.at)
        self.silenced_until = silence.until

    async def attempt(self, sink: str, end: End, after: timedelta = timedelta(minutes=10)) -> bool:
        """One try, so much later, of whatever is due; whether there was anything."""
        self.clock.at += after
        now, parts = self.clock.at, self.in_force.parts
        turn = Turn(
            sink=sink,
            now=now,
            claim=self.new_id("clm", now),
            lease_until=now + HOUR,
            limit=1,
            judged=self.judged[sink],
        )
        taken = await self.store.write(lambda connection: take(connection, parts, turn))
        self.judged[sink] = taken.judged
        for delivery in taken.claimed:
            await self._try(delivery, end)
        return bool(taken.claimed or taken.kept_back.judged)

    async def drain(self) -> None:
        """Everything is tried until nothing waits; bounded, or it would hide a loop."""
        for _ in range(300):
            await self.work()
            tried = [await self.attempt(sink, "delivered") for sink in SINKS]
            if not any(tried) and not await self._pass_time():
                return
        raise AssertionError("it never ends")

    async def _pass_time(self) -> bool:
        """On to the next moment that something waits for; whether there is one."""
        moments = [await self._next_due(sink) for sink in SINKS]
        moments.append(await self.store.read(deliveries.next_judgement))
        due = [each for each in moments if each is not None]
        if due:
            self.clock.at = max(self.clock.at, min(due))
        return bool(due)

    async def _next_due(self, sink: str) -> datetime | None:
        return await self.store.read(
            lambda connection: deliveries.next_due(connection, sink, now=self.clock.now())
        )

    async def _try(self, delivery: Delivery, end: End) -> None:
        assert delivery.alert is not None
        pager = delivery.sink == "pager"
        notice = choose(
            delivery.alert,
            delivery.revision,
            delivery.told,
            lifecycle=pager,
            send_resolved=pager,
            reminder=delivery.reminder,
        )
        if notice is None:
            await self._settle(cancelled(delivery))
            return
        assert not self._is_silenced(delivery, notice), "told of what is silenced"
        if end in {"delivered", "cut off after", "crashed after"}:
            self.receivers[delivery.sink].take(notice, delivery.alert_key)
        if end.startswith("crashed"):
            await self.act("restart")
            return
        if end == "delivered":
            self._once(delivery, notice)
        await self._settle(self._written(delivery, notice, end))

    def _is_silenced(self, delivery: Delivery, notice: Notice) -> bool:
        """Whether nobody should hear of this now; what may have got through already goes on."""
        begun = delivery.attempts or delivery.told.tried or notice.action == "close"
        muted = {entry.finding.id for entry in notice.open} <= {"a", "b"}
        return bool(not begun and muted and self.clock.at < self.silenced_until)

    def _once(self, delivery: Delivery, notice: Notice) -> None:
        """What the gateway knows to have arrived never goes out again."""
        identity = delivery_identity(
            notice.alert.key, notice.alert.id, notice.revision, delivery.sink
        )
        assert (identity, notice.action) not in self.settled
        self.settled.add((identity, notice.action))

    def _written(self, delivery: Delivery, notice: Notice, end: End) -> Settlement:
        told = Told(revision=delivery.told.revision, tried=True, closed=delivery.told.closed)
        attempt = Attempt(
            number=delivery.attempts + 1,
            started_at=self.clock.at,
            ended_at=self.clock.at,
            outcome="try_again",
            reason="",
            status=None,
            detail="",
        )
        common: Any = {"delivery_id": delivery.id, "claim": delivery.claim, "reason": ""}
        match end:
            case "delivered":
                told = Told(revision=notice.revision, tried=True, closed=notice.action == "close")
                return Settlement(state="delivered", attempt=attempt, told=told, **common)
            case "refused":
                return Settlement(state="dead", attempt=attempt, told=told, **common)
            case _:
                return Settlement(
                    state="pending",
                    attempt=attempt,
                    told=told,
                    next_attempt_at=self.clock.at + HOUR,
                    ambiguous=end != "lost",
                    **common,
                )

    async def _settle(self, settlement: Settlement) -> None:
        now = self.clock.at
        done = await self.store.write(
            lambda connection: deliveries.settle(connection, [settlement], now)
        )
        assert done == [True]


def webhook(happened: Happened, *, unlike: str) -> dict[str, object]:
    """A body as Snyk sends it; `unlike` tells it from others of the same content."""
    tested = happened.tested
    project: dict[str, object] = {"id": happened.project, "name": "acme/shop", "imageTag": unlike}
    if tested is not None:
        project["lastTestedDate"] = (START + tested * HOUR).isoformat()
    return {
        "project": project,
        "org": {"id": "o", "name": "Acme"},
        "newIssues": list(issues(happened, "new")),
        "removedIssues": list(issues(happened, "removed")),
    }


def issues(happened: Happened, change: Change) -> Iterator[dict[str, object]]:
    for name, (how, severity) in happened.listed.items():
        if how == change:
            data = {"id": name, "title": name, "severity": severity}
            yield {"id": name, "issueType": "vuln", "pkgName": "left-pad", "issueData": data}


@cache
def parts_of(rules: str) -> Parts:
    with TemporaryDirectory() as folder:
        file = Path(folder, "gateway.yaml")
        file.write_text(CONFIGURATION.format(folder=folder) + RULES[rules])
        return load(file, environ={}, offline=False).parts


@contextmanager
def fresh_store() -> Iterator[Store]:
    with TemporaryDirectory() as folder:
        store = Store.open(f"sqlite:///{folder}/gateway.db", patience=60)
        try:
            yield store
        finally:
            store.close()


async def live(steps: list[Step]) -> tuple[Model, Gateway]:
    """The model and the gateway once all of this has happened and everything waiting was sent."""
    model = Model()
    with fresh_store() as store:
        gateway = Gateway(store)
        for step in steps:
            if isinstance(step, Happened):
                model.take(step)
            elif step == "resolve":
                model.resolve()
            await gateway.step(step)
        await gateway.reload(PLAIN)
        await gateway.act("retry")
        await gateway.drain()
    return model, gateway


@pytest.mark.timeout(400)  # a hundred histories, on whatever machine
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_every_sink_ends_up_knowing_exactly_what_is_open(steps: list[Step]) -> None:
    model, gateway = asyncio.run(live(steps))

    agree(model, gateway.receivers)


def agree(model: Model, receivers: Mapping[str, Receiver]) -> None:
    """Fails where a sink knows anything else than what is open."""
    pager, chat = receivers["pager"], receivers["chat"]
    known = set().union(*pager.open.values())
    assert known >= model.keys(), "something open is not known there"
    for alias, keys in pager.open.items():
        assert keys & model.keys(), f"{alias} stays open, though all in it is fixed"
    assert chat.heard >= model.keys()
    for receiver in receivers.values():
        for alert, revisions in receiver.told.items():
            assert revisions == sorted(revisions), f"{alert} was told out of order"
