"""Stored events in, alerts and owed deliveries out; each event in one transaction."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from gateway import logs
from gateway.alerting.budget import current, key_of_rollup
from gateway.alerting.changes import Changes, Known
from gateway.alerting.terms import NO_ROUTE
from gateway.alerting.transition import is_stale, key_of, transition
from gateway.clock import Clock
from gateway.errors import Unavailable
from gateway.metrics import Metrics, label
from gateway.model.budget import Spent
from gateway.model.delivery import Owed
from gateway.model.event import INTERNAL, Event
from gateway.model.history import FindingChange
from gateway.model.identity import NewId
from gateway.model.severity import SEVERITIES
from gateway.pipeline.alarm import Alarm
from gateway.pipeline.begun import Begun
from gateway.pipeline.matching import Routed, routed
from gateway.pipeline.muting import judge_at
from gateway.pipeline.parts import InForce, Parts
from gateway.pipeline.reading import Read, Reader
from gateway.pipeline.record import owe, write
from gateway.pipeline.release import Released, release
from gateway.pipeline.steady import steadily
from gateway.store import alerts, budgets, events, feeds, findings, locks
from gateway.store.store import Connection, Store

# Wake-ups are hints; this is how late an event can be when one was lost.
_POLL_SECONDS = 5.0
_JUDGED_TOGETHER = 200

_SEVERITIES = frozenset(SEVERITIES)


@dataclass(frozen=True, slots=True)
class Dispatched:
    """What one event came to."""

    routed: Routed
    changes: Changes
    single: tuple[Owed, ...]
    """What is owed of single findings and of the event itself."""
    released: Released


class Dispatch:
    """Routes stored events, oldest first, one at a time."""

    def __init__(
        self,
        store: Store,
        in_force: InForce,
        reader: Reader,
        *,
        clock: Clock,
        metrics: Metrics,
        new_id: NewId,
        alarm: Alarm,
        wake: Callable[[frozenset[str]], None],
    ) -> None:
        self._store = store
        self._in_force = in_force
        self._reader = reader
        self._alarm = alarm
        self._clock = clock
        self._metrics = metrics
        self._new_id = new_id
        self._wake = wake
        self._begun = Begun(store, clock=clock)
        self._woken = asyncio.Event()
        self._log = logs.get("dispatch")

    def hint(self) -> None:
        """Says that an event was stored."""
        self._woken.set()

    async def run(self) -> None:
        """Dispatches until cancelled; what was begun is then left to whoever is next."""
        try:
            await steadily(self.some, self._woken, seconds=_poll, clock=self._clock, log=self._log)
        finally:
            await self._begun.let_go()

    async def some(self) -> int:
        """Dispatches the oldest waiting events; how many there were.

        Raises Unavailable where the store is away: what was begun is gone on with at the next call,
        and its try is counted once.
        """
        number = await self._begun.fill()
        while self._begun:
            await self._try(await self._begun.first())
            self._begun.done()
        return number

    async def _try(self, waiting: events.Waiting) -> None:
        if waiting.tries > events.TRIES:
            await self._give_up(waiting, "the gateway ended whenever it was tried")
            return
        try:
            await self.one(waiting)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - a poisonous event must not stop the others
            self._log.exception("dispatch failed", event_id=waiting.id, tries=waiting.tries)
            if waiting.tries == events.TRIES:
                await self._give_up(waiting, f"{type(error).__name__}: {error}")
            else:
                await self._begun.put_back()

    async def _give_up(self, waiting: events.Waiting, error: str) -> None:
        text = self._in_force.parts.redaction(error)[:1000]
        fail = partial(events.fail, event_id=waiting.id, error=text)
        if await self._store.write(partial(_if_held, waiting=waiting, ended=fail)):
            self._log.error("event given up", event_id=waiting.id, error=text)
            await self._alarm("event_failed", f"Event {waiting.id} could not be routed: {text}")

    async def one(self, waiting: events.Waiting) -> Changes:
        """Dispatches one event: what it changed, committed."""
        parts = self._in_force.parts
        read = await self._reader.read(waiting)
        event = read.event
        if _is_foreign(parts, read):
            finish = partial(events.finish, event=event, status="foreign")
            await self._store.write(partial(_if_held, waiting=waiting, ended=finish))
            return Changes()
        ways = routed(event, parts, self._clock.now())
        done = await self._store.write(
            lambda connection: self._record(connection, parts, read, ways, waiting)
        )
        if done is None:
            self._log.warning("another replica has the event", event_id=event.id)
            return Changes()
        self._count(event, done)
        if read.error and event.source != INTERNAL:
            await self._alarm("unreadable", f"Event {event.id} could not be read: {read.error}")
        owed = {each.sink for each in (*done.changes.owed, *done.single)}
        self._wake(frozenset(owed) | done.released.sinks)
        return done.changes

    def _record(
        self,
        connection: Connection,
        parts: Parts,
        read: Read,
        ways: Routed,
        waiting: events.Waiting,
    ) -> Dispatched | None:
        """Decides with what the store knows and writes what follows, in one transaction.

        None, with nothing written, where another replica has begun the event since.
        """
        now, event, again = self._clock.now(), read.event, waiting.again
        locks.take(connection, *_turns(event, ways))
        if not events.hold(connection, waiting):
            return None
        source = parts.sources.get(event.source)
        known = _known(connection, parts, event, ways, now, again=again)
        skip_ignored = source.skip_ignored if source else True
        changes = transition(
            event,
            ways.candidates,
            known,
            now=now,
            new_id=self._new_id,
            skip_ignored=skip_ignored,
            resolving=parts.resolving,
            terms=parts.terms,
            instance=parts.instance,
        )
        status: events.Ended = "unreadable" if read.error else "dispatched"
        events.finish(connection, event, status=status, error=read.error)
        if event.type == "project_snapshot" and not again:
            feeds.seen(connection, event)
        judge = judge_at(connection, parts, now)
        write(connection, judge, changes, new_id=self._new_id)
        single = (*ways.events, *_in_effect(ways, event, known, skip_ignored=skip_ignored))
        owe(connection, judge, single, new_id=self._new_id)
        released = release(connection, judge, new_id=self._new_id, limit=_JUDGED_TOGETHER)
        return Dispatched(ways, changes, single, released)

    def _count(self, event: Event, done: Dispatched) -> None:
        metrics = self._metrics
        for finding in event.findings:
            metrics.findings.labels(finding.change, label(finding.severity, _SEVERITIES)).inc()
        for route, number in Counter(done.routed.taken).items():
            metrics.routed.labels(route).inc(number)
        for route, number in Counter(done.routed.when_errors).items():
            metrics.when_errors.labels(route).inc(number)
        suppressed = [
            *((each.route, each.reason) for each in done.routed.dropped),
            *((each.route, each.reason) for each in done.changes.suppressed),
            *done.released.suppressed,
        ]
        metrics.count_suppressed(suppressed)
        self._log.info(
            "dispatched",
            event_id=event.id,
            findings=len(event.findings),
            alerts=len(done.changes.alerts),
            deliveries=len(done.changes.owed) + len(done.single),
            suppressed=dict(Counter(reason for _, reason in suppressed)),
        )


def _is_foreign(parts: Parts, read: Read) -> bool:
    """Whether it is of an organisation that its source leaves out: a replay brings such events."""
    source = parts.sources.get(read.event.source)
    return source is not None and not read.error and not source.takes(read.event)


def _if_held(
    connection: Connection, waiting: events.Waiting, ended: Callable[[Connection], None]
) -> bool:
    """Whether the event is still this gateway's to dispatch, and ended so."""
    held = events.hold(connection, waiting)
    if held:
        ended(connection)
    return held


def _turns(event: Event, ways: Routed) -> Iterator[str]:
    """Those who may change the same: findings of the project, and what routes may open."""
    yield locks.of_project(event)
    if any(finding.change == "new" for finding in event.findings):
        for some in ways.candidates.values():
            yield from (locks.of_route(each.route) for each in some)


async def _poll() -> float:
    return _POLL_SECONDS


def _known(
    connection: Connection,
    parts: Parts,
    event: Event,
    ways: Routed,
    now: datetime,
    *,
    again: bool,
) -> Known:
    keys = [key_of(finding, event) for finding in event.findings]
    places = [each for some in ways.candidates.values() for each in some]
    spent = budgets.spent(connection, {each.route for each in places})
    named = {each.alert_key for each in places} | _rollups(parts, spent, now)
    holding = alerts.holding(connection, keys)
    others = alerts.by_key(connection, sorted(named - {alert.key for alert in holding}), keys)
    changes = findings.last_changes(connection, keys)
    return Known(
        changes=changes,
        alerts=[*holding, *others],
        spent=spent,
        overtaken=_overtaken(connection, event, changes, again=again),
    )


def _overtaken(
    connection: Connection, event: Event, changes: Mapping[str, FindingChange], *, again: bool
) -> frozenset[str]:
    """Of these findings those that were closed without a fix since the event came.

    Where it is dispatched again, also those that changed since, or were closed at that moment.
    """
    came = event.received_at
    closed = {key: each.closed_at for key, each in changes.items() if each.closed_at is not None}
    since = {key for key, at in closed.items() if came < at or (again and came == at)}
    if not again:
        return frozenset(since)
    last = {key: each.event_id for key, each in changes.items()}
    return events.arrived_later(connection, event.id, last) | since


def _rollups(parts: Parts, spent: Mapping[str, Spent], now: datetime) -> set[str]:
    """Keys of the roll-ups that would take what comes beyond a budget."""
    return {
        key_of_rollup(parts.instance, route, current(each, parts.terms.get(route, NO_ROUTE), now))
        for route, each in spent.items()
    }


def _in_effect(ways: Routed, event: Event, known: Known, *, skip_ignored: bool) -> Iterable[Owed]:
    """What is owed of single findings, without those that are old news or ignored."""
    left_out = {
        key_of(finding, event)
        for finding in event.findings
        if (finding.ignored and skip_ignored) or is_stale(known, key_of(finding, event), event)
    }
    return [owed for key, owed in ways.findings if key not in left_out]
