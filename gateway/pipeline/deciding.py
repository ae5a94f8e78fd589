"""What stored events change: decided with what the store knows, and written in one transaction."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from gateway.alerting.budget import current, key_of_rollup
from gateway.alerting.changes import Changes, Known, merged
from gateway.alerting.knowledge import Knowledge
from gateway.alerting.terms import NO_ROUTE
from gateway.alerting.transition import is_stale, key_of, transition
from gateway.model.budget import Spent
from gateway.model.delivery import Owed
from gateway.model.event import Event
from gateway.model.history import FindingChange
from gateway.model.identity import NewId
from gateway.pipeline.matching import Routed
from gateway.pipeline.muting import judge_at
from gateway.pipeline.opening import opened
from gateway.pipeline.parts import Parts
from gateway.pipeline.reading import Read
from gateway.pipeline.record import owe, write
from gateway.pipeline.release import Released, release
from gateway.store import alerts, budgets, events, feeds, findings, locks
from gateway.store.store import Connection

_JUDGED_TOGETHER = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecided:
    """A stored event, read and walked through the routes."""

    waiting: events.Waiting
    read: Read
    ways: Routed

    @property
    def event(self) -> Event:
        """What was read."""
        return self.read.event

    @property
    def keys(self) -> list[str]:
        """The keys of its findings."""
        return [key_of(finding, self.event) for finding in self.event.findings]

    @property
    def alert_keys(self) -> frozenset[str]:
        """The keys of the alerts that its findings belong to."""
        return frozenset(each.alert_key for some in self.ways.candidates.values() for each in some)

    @property
    def routes(self) -> frozenset[str]:
        """The routes that its findings would open an alert of."""
        return frozenset(each.route for some in self.ways.candidates.values() for each in some)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatched:
    """What one event came to."""

    event: Event
    error: str
    routed: Routed
    changes: Changes
    single: tuple[Owed, ...]
    """What is owed of single findings and of the event itself."""

    @property
    def owed(self) -> tuple[Owed, ...]:
        """All that is owed."""
        return *self.changes.owed, *self.single


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What came of several events."""

    each: Sequence[Dispatched] = ()
    """In order, without those that another replica has begun since."""
    released: Released = field(default_factory=Released)
    is_to_be_judged: bool = False
    """Whether some of what is owed waits for a judgement."""

    @property
    def sinks(self) -> frozenset[str]:
        """Those that something may be tried at now."""
        owed = (owed.sink for one in self.each for owed in one.owed)
        return frozenset(owed) | self.released.sinks


def decide(
    connection: Connection,
    parts: Parts,
    undecided: Sequence[Undecided],
    *,
    now: datetime,
    new_id: NewId,
) -> Decided:
    """Decides these events in their order, each with what those before it changed."""
    locks.take(connection, *(turn for each in undecided for turn in _turns(each)))
    held = events.hold(connection, [each.waiting for each in undecided])
    mine = [each for each in undecided if each.waiting.id in held]
    if not mine:
        return Decided()
    knowledge, rollups = _known(connection, parts, mine, now)
    this_round = _Round(
        connection=connection,
        parts=parts,
        knowledge=knowledge,
        rollups=rollups,
        now=now,
        new_id=new_id,
    )
    done = [this_round.decide(each) for each in mine]
    _finish(connection, mine)
    judge = judge_at(connection, parts, now)
    write(connection, judge, merged(each.changes for each in done), new_id=new_id)
    owe(connection, judge, [owed for each in done for owed in each.single], new_id=new_id)
    released = release(connection, judge, new_id=new_id, limit=_JUDGED_TOGETHER)
    owed = [owed for each in done for owed in each.owed]
    waits = any(each.due > now or judge.may_keep_back(parts.tree.find(each.route)) for each in owed)
    return Decided(each=done, released=released, is_to_be_judged=waits)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    """What the decisions of one transaction have in common."""

    connection: Connection
    parts: Parts
    knowledge: Knowledge
    rollups: Mapping[str, str]
    now: datetime
    new_id: NewId

    def decide(self, this: Undecided) -> Dispatched:
        event, source = this.event, self.parts.sources.get(this.event.source)
        skip_ignored = source.skip_ignored if source else True
        known = self._known_to(this)
        changes = transition(
            event,
            this.ways.candidates,
            known,
            now=self.now,
            new_id=self.new_id,
            skip_ignored=skip_ignored,
            resolving=self.parts.resolving,
            terms=self.parts.terms,
            instance=self.parts.instance,
        )
        changes = opened(self.parts, changes)
        self.knowledge.take(changes)
        single = (*this.ways.events, *_in_effect(this, known, skip_ignored=skip_ignored))
        return Dispatched(
            event=event, error=this.read.error, routed=this.ways, changes=changes, single=single
        )

    def _known_to(self, this: Undecided) -> Known:
        rollups = {self.rollups[route] for route in this.routes if route in self.rollups}
        known = self.knowledge.of(this.keys, this.alert_keys | rollups)
        overtaken = _overtaken(self.connection, this, known.changes)
        return replace(known, overtaken=overtaken)


def _finish(connection: Connection, done: Sequence[Undecided]) -> None:
    ends = [
        events.End(
            event=each.event,
            status="unreadable" if each.read.error else "dispatched",
            error=each.read.error,
        )
        for each in done
    ]
    events.finish_all(connection, ends)
    snapshots = [
        each.event
        for each in done
        if each.event.type == "project_snapshot" and not each.waiting.again
    ]
    feeds.seen(connection, *snapshots)


def _turns(this: Undecided) -> Iterator[str]:
    """Those who may change the same: findings of the project, and what routes may open."""
    yield locks.of_project(this.event)
    if any(finding.change == "new" for finding in this.event.findings):
        yield from map(locks.of_route, this.routes)


def _known(
    connection: Connection, parts: Parts, several: Sequence[Undecided], now: datetime
) -> tuple[Knowledge, Mapping[str, str]]:
    """What the store knows of these, and by route the key of its roll-up."""
    keys = [key for each in several for key in each.keys]
    spent = budgets.spent(connection, {route for each in several for route in each.routes})
    rollups = _rollups(parts, spent, now)
    named = {key for each in several for key in each.alert_keys} | set(rollups.values())
    holding = alerts.holding(connection, keys)
    others = alerts.by_key(connection, sorted(named - {alert.key for alert in holding}), keys)
    changes = findings.last_changes(connection, keys)
    return Knowledge(Known(changes=changes, alerts=[*holding, *others], spent=spent)), rollups


def _overtaken(
    connection: Connection, this: Undecided, changes: Mapping[str, FindingChange]
) -> frozenset[str]:
    """Of these findings those that were closed without a fix since the event came.

    Where it is dispatched again, also those that changed since, or were closed at that moment.
    """
    came, again = this.event.received_at, this.waiting.again
    closed = {key: each.closed_at for key, each in changes.items() if each.closed_at is not None}
    since = {key for key, at in closed.items() if came < at or (again and came == at)}
    if not again:
        return frozenset(since)
    last = {key: each.event_id for key, each in changes.items()}
    return events.arrived_later(connection, this.event.id, last) | since


def _rollups(parts: Parts, spent: Mapping[str, Spent], now: datetime) -> dict[str, str]:
    """Keys of the roll-ups that would take what comes beyond a budget, by route."""
    return {
        route: key_of_rollup(
            parts.instance, route, current(each, parts.terms.get(route, NO_ROUTE), now)
        )
        for route, each in spent.items()
    }


def _in_effect(this: Undecided, known: Known, *, skip_ignored: bool) -> Iterable[Owed]:
    """What is owed of single findings, without those that are old news or ignored."""
    event = this.event
    left_out = {
        key_of(finding, event)
        for finding in event.findings
        if (finding.ignored and skip_ignored) or is_stale(known, key_of(finding, event), event)
    }
    return [owed for key, owed in this.ways.findings if key not in left_out]
