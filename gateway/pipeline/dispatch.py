"""Stored events in, alerts and owed deliveries out."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

from gateway import logs
from gateway.clock import Clock
from gateway.errors import Unavailable
from gateway.metrics import Metrics, label
from gateway.model.event import INTERNAL
from gateway.model.identity import NewId
from gateway.model.severity import SEVERITIES
from gateway.pipeline.alarm import Alarm
from gateway.pipeline.answering import Answering
from gateway.pipeline.begun import Begun
from gateway.pipeline.deciding import Decided, Dispatched, Undecided, decide
from gateway.pipeline.matching import routed
from gateway.pipeline.parts import InForce, Parts
from gateway.pipeline.reading import Read, Reader
from gateway.pipeline.steady import steadily
from gateway.store import events
from gateway.store.store import Connection, Store

# Wake-ups are hints; this is how late an event can be when one was lost.
_POLL_SECONDS = 5.0

_SEVERITIES = frozenset(SEVERITIES)


class Dispatch:
    """Routes stored events, oldest first; a few of them in each transaction."""

    def __init__(
        self,
        store: Store,
        in_force: InForce,
        reader: Reader,
        answering: Answering,
        *,
        clock: Clock,
        metrics: Metrics,
        new_id: NewId,
        alarm: Alarm,
        wake: Callable[[frozenset[str]], None],
        judge: Callable[[], None],
    ) -> None:
        """`wake` gets the sinks that are owed something; `judge` says that something is to be."""
        self._store = store
        self._in_force = in_force
        self._reader = reader
        self._answering = answering
        self._alarm = alarm
        self._clock = clock
        self._metrics = metrics
        self._new_id = new_id
        self._wake = wake
        self._judge = judge
        self._begun = Begun(store, clock=clock)
        self._woken = asyncio.Event()
        self._log = logs.get("dispatch")

    def hint(self) -> None:
        """Says that an event was stored."""
        self._woken.set()

    async def run(self) -> None:
        """Dispatches until cancelled; what was begun is then left to whoever is next."""
        try:
            await steadily(
                self._round, self._woken, seconds=_poll, clock=self._clock, log=self._log
            )
        finally:
            await self._begun.let_go()

    async def _round(self) -> int:
        """How many were dispatched; 0 too where nothing else waited when they were begun."""
        number = await self.some()
        return 0 if self._begun.is_last else number

    async def some(self) -> int:
        """Dispatches the oldest waiting events; how many there were.

        Raises Unavailable where the store is away: what was begun is gone on with at the next call,
        and its try is counted once.
        """
        number = await self._begun.fill()
        while self._begun:
            few, lap = await self._begun.first(), self._answering.lap()
            if await self._at_once(few):
                self._begun.done(len(few))
            else:
                await self._one_by_one(few)
            await self._answering.give_way(lap, len(few))
        return number

    async def _one_by_one(self, few: Sequence[events.Waiting]) -> None:
        for waiting in few:
            await self._try(waiting)
            self._begun.done(1)

    async def _at_once(self, few: Sequence[events.Waiting]) -> bool:
        """Whether all of these were dispatched; where one is poisonous none was, to begin with."""
        if len(few) == 1:
            return False
        try:
            await self.together(few)
        except Unavailable:
            raise
        except Exception:  # noqa: BLE001 - which one it is shows when each is tried by itself
            self._log.warning("dispatched one by one", events=len(few), exc_info=True)
            return False
        return True

    async def _try(self, waiting: events.Waiting) -> None:
        if waiting.tries > events.TRIES:
            await self._give_up(waiting, "the gateway ended whenever it was tried")
            return
        try:
            await self.together([waiting])
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

    async def together(self, several: Sequence[events.Waiting]) -> None:
        """Dispatches these events in one transaction."""
        parts = self._in_force.parts
        undecided = []
        for waiting, read in zip(several, await self._reader.several(several), strict=True):
            if _is_foreign(parts, read):
                finish = partial(events.finish, event=read.event, status="foreign")
                await self._store.write(partial(_if_held, waiting=waiting, ended=finish))
            else:
                ways = routed(read.event, parts, self._clock.now())
                undecided.append(Undecided(waiting=waiting, read=read, ways=ways))
        if undecided:
            await self._decide(parts, undecided)

    async def _decide(self, parts: Parts, undecided: Sequence[Undecided]) -> None:
        def decided(connection: Connection) -> Decided:
            now = self._clock.now()
            return decide(connection, parts, undecided, now=now, new_id=self._new_id)

        done = await self._store.write(decided)
        reads = {each.event.id: each.read for each in undecided}
        for each in done.each:
            self._count(each)
            if any(owed.deliver == "events" for owed in each.owed):
                self._reader.keep_to_tell(reads[each.event.id])
        self._metrics.count_suppressed(done.released.suppressed)
        if missing := len(undecided) - len(done.each):
            self._log.warning("another replica has these events", events=missing)
        for each in done.each:
            if each.error and each.event.source != INTERNAL:
                text = f"Event {each.event.id} could not be read: {each.error}"
                await self._alarm("unreadable", text)
        self._wake(done.sinks)
        if done.is_to_be_judged:
            self._judge()

    def _count(self, done: Dispatched) -> None:
        metrics, event = self._metrics, done.event
        for finding in event.findings:
            metrics.findings.labels(finding.change, label(finding.severity, _SEVERITIES)).inc()
        for route, number in Counter(done.routed.taken).items():
            metrics.routed.labels(route).inc(number)
        for route, number in Counter(done.routed.when_errors).items():
            metrics.when_errors.labels(route).inc(number)
        suppressed = [
            *((each.route, each.reason) for each in done.routed.dropped),
            *((each.route, each.reason) for each in done.changes.suppressed),
        ]
        metrics.count_suppressed(suppressed)
        self._log.info(
            "dispatched",
            event_id=event.id,
            findings=len(event.findings),
            alerts=len(done.changes.alerts),
            deliveries=len(done.owed),
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
    held = bool(events.hold(connection, [waiting]))
    if held:
        ended(connection)
    return held


async def _poll() -> float:
    return _POLL_SECONDS
