"""The queue of one sink: claims what is due, tries it, writes down what came of it."""

import asyncio
import random
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from gateway import logs
from gateway.clock import Clock
from gateway.errors import Unavailable
from gateway.metrics import Metrics
from gateway.model.delivery import Attempt, Delivery, Settlement
from gateway.model.identity import NewId
from gateway.model.rate import Pace
from gateway.pipeline.alarm import Alarm
from gateway.pipeline.attempt import Attempting, Late, Tried, Waits
from gateway.pipeline.batch import Batch
from gateway.pipeline.claiming import Judged, Taken, Turn, take
from gateway.pipeline.clockwatch import ClockWatch
from gateway.pipeline.counting import count_try, count_untold
from gateway.pipeline.parts import InForce
from gateway.pipeline.retry import Again, Dead, Done, Policy, decide
from gateway.pipeline.settlement import attempted, cancelled, put_off, settled
from gateway.pipeline.standing_in import pair_of, settle
from gateway.sinks.sink import Sink, SinkSettings
from gateway.store import deliveries, sinks
from gateway.store.store import Store

# Wake-ups are hints; this is how late a delivery can be when one was lost.
_POLL_SECONDS = 5.0
_STORE_SECONDS = 1.0
# A lease outlasts the slowest exchange by two requests more: for waits between requests, and for a
# store that is slow to write the result down.
_SPARE_REQUESTS = 2
_SHORTEST_LEASE = 90.0


class Queue:
    """One sink's deliveries; nothing that happens here slows another sink."""

    def __init__(
        self,
        store: Store,
        name: str,
        in_force: InForce,
        attempting: Attempting,
        *,
        clock: Clock,
        metrics: Metrics,
        new_id: NewId,
        alarm: Alarm,
        clockwatch: ClockWatch,
        wake: Callable[[Iterable[str]], None],
    ) -> None:
        self._store = store
        self._name = name
        self._in_force = in_force
        self._last_sink = in_force.parts.sinks[name]
        self._attempting = attempting
        self._clock = clock
        self._metrics = metrics
        self._new_id = new_id
        self._alarm = alarm
        self._clockwatch = clockwatch
        self._wake = wake
        self._judged: Judged = {}
        self._left: datetime | None = None
        """When the first is due of what the last claim left."""
        self._was_open = False
        self._woken = asyncio.Event()
        self._running: dict[asyncio.Task[bool], float] = {}
        """What is being tried, and when the claim of each ends, on the clock that never jumps."""
        self._log = logs.get("deliver").bind(sink=name)
        self._settle: Batch[Settlement, bool] = Batch(self._settled)

    @property
    def _sink(self) -> Sink:
        """The sink as it is configured now; one that was taken out, as it was."""
        self._last_sink = self._in_force.parts.sinks.get(self._name, self._last_sink)
        return self._last_sink

    def hint(self) -> None:
        """Says that something may be due."""
        self._woken.set()

    async def run(self) -> None:
        """Delivers until cancelled; `drain` then waits for what is in flight."""
        while True:
            self._woken.clear()
            try:
                if not await self._start_some():
                    await self._wait()
            except Unavailable as error:
                self._log.warning("store unavailable", error=str(error))
                await self._clock.sleep(_STORE_SECONDS)

    async def drain(self, seconds: float) -> int:
        """Waits that long for tries in flight; how many were left behind."""
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)
        return len(self._running)

    async def _start_some(self) -> bool:
        """Claims as many as may run at once; whether more may be claimed at once."""
        if self._name not in self._in_force.parts.sinks:
            return False
        settings = self._sink.settings
        free = settings.concurrency - len(self._running)
        if free <= 0:
            return False
        await self._clockwatch.settle()
        lease = self._lease(settings)
        await self._end_late(lease)
        began = self._clock.monotonic()
        turn = self._turn(free, lease)
        taken = await self._take(turn, began + lease)
        # Of each lane there was one.
        return bool(taken.kept_back.judged or (turn.pace.by_lane and taken.claimed))

    async def _end_late(self, seconds: float) -> None:
        """Waits that long for tries whose claim is over: we stood still, or the store was away.

        Their results may be at hand; what is claimed anew before they are written is sent again.
        """
        now = self._clock.monotonic()
        if late := [task for task, until in self._running.items() if until <= now]:
            await asyncio.wait(late, timeout=seconds)

    def _lease(self, settings: SinkSettings) -> float:
        """Seconds for which what is claimed is this queue's."""
        requests = self._sink.requests + _SPARE_REQUESTS
        return max(requests * settings.timeout, _SHORTEST_LEASE)

    def _turn(self, free: int, lease: float) -> Turn:
        now = self._clock.now()
        # Leases run on the clock that never jumps: a try in flight must not be taken for lost.
        lease_now = datetime.fromtimestamp(self._clock.monotonic(), UTC)
        return Turn(
            sink=self._name,
            now=now,
            claim=self._new_id("clm", now),
            lease_now=lease_now,
            lease_until=lease_now + timedelta(seconds=lease),
            limit=free,
            pace=_pace(self._sink),
            judged=self._judged,
        )

    async def _take(self, turn: Turn, until: float) -> Taken:
        """What was claimed, and is being tried; also where the queue is stopped meanwhile.

        A delivery that stayed claimed until the next start may have got through, for all that
        anybody knew then. So it goes out, and `drain` waits for it.
        """
        parts = self._in_force.parts
        taking = asyncio.ensure_future(
            self._store.write(lambda connection: take(connection, parts, turn))
        )
        try:
            self._begin(await asyncio.shield(taking), until)
        except asyncio.CancelledError:
            with suppress(Unavailable):
                self._begin(await taking, until)
            raise
        return taking.result()

    def _begin(self, taken: Taken, until: float) -> None:
        self._metrics.count_suppressed(taken.kept_back.suppressed)
        self._judged = taken.judged
        self._left = taken.earliest
        for delivery in taken.claimed:
            task = asyncio.create_task(self._deliver(delivery, until))
            self._running[task] = until
            task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[bool]) -> None:
        del self._running[task]
        broken = task.cancelled() or task.exception() is not None
        # What is done makes room, and may close a breaker: no news where nothing was left.
        if broken or not task.result() or self._left is not None:
            self._woken.set()
        if not task.cancelled() and task.exception() is not None:
            self._log.error("delivery loop broke", error=repr(task.exception()))

    def _is_left(self, now: datetime) -> bool:
        """Whether the last claim left something that was due, or is by now."""
        return self._left is not None and self._left <= now

    async def _wait(self) -> None:
        seconds = _POLL_SECONDS
        is_configured = self._name in self._in_force.parts.sinks
        if is_configured and len(self._running) < self._sink.settings.concurrency:
            due = await self._next_due()
            if due is not None:
                until = (due - self._clock.now()).total_seconds()
                # What is due and was not claimed waits behind a try in flight, whose end wakes us.
                seconds = min(max(until, 0.25), _POLL_SECONDS)
        await self._clock.wait(self._woken, seconds)

    async def _next_due(self) -> datetime | None:
        """When something may be claimed next, for all that the last claim left."""
        pace, now = _pace(self._sink), self._clock.now()
        if not self._is_left(now):
            return self._left
        return await self._store.read(
            lambda connection: deliveries.next_due(connection, self._name, now=now, pace=pace)
        )

    async def _deliver(self, delivery: Delivery, until: float) -> bool:
        """Whether it is done; its end is then no reason to look again."""
        sink = self._sink
        started, began = self._clock.now(), self._clock.monotonic()
        tried = await self._run(delivery, sink, until)
        if isinstance(tried, Late):
            self._log.warning("claimed too long ago to be sent", delivery=delivery.id)
            return False
        if tried is None:
            await self._write(cancelled(delivery))
            count_untold(self._metrics, delivery)
            return True
        if isinstance(tried, Waits):
            await self._write(put_off(delivery, tried.lane, self._clock.now()))
            return False
        # Not the clock on the wall: a jump of that must not make the delivery older.
        ended = started + timedelta(seconds=self._clock.monotonic() - began)
        retry = sink.settings.retry
        decision = decide(
            tried.outcome,
            attempt=delivery.attempts + 1,
            first_attempt_at=delivery.first_attempt_at or started,
            now=ended,
            policy=Policy(
                max_age=retry.max_age,
                max_wait=retry.max_wait or sink.max_wait,
                on_ambiguous=sink.settings.on_ambiguous,
            ),
            random=random.random,
        )
        attempt = attempted(delivery, tried.outcome, started, ended, self._in_force.parts.redaction)
        await self._write(settled(delivery, tried, decision, attempt))
        count_try(self._metrics, self._log, delivery, attempt, decision)
        if isinstance(decision, Dead):
            await self._alarm("dead_letter", self._obituary(delivery, decision), sink=self._name)
        if isinstance(decision, Again):
            await self._mind_breaker(attempt)
        return isinstance(decision, Done)

    async def _run(
        self, delivery: Delivery, sink: Sink, until: float
    ) -> Tried | Waits | Late | None:
        """The try, begun anew where the store was away before anything was sent."""
        while True:
            try:
                return await self._attempting.run(delivery, sink, until)
            except Unavailable as error:
                self._log.warning("store unavailable", error=str(error))
                await self._clock.sleep(_STORE_SECONDS)

    async def _mind_breaker(self, attempt: Attempt) -> None:
        """Says once that nothing gets through any more."""
        try:
            state = await self._store.read(lambda connection: sinks.state(connection, self._name))
        except Unavailable:
            return  # the next try that fails says it
        was_open, self._was_open = self._was_open, state.breaker.is_open
        if self._was_open and not was_open:
            self._log.error("breaker open", reason=attempt.reason, status=attempt.status)
            text = f"Nothing gets through to {self._name}: {attempt.reason}; deliveries wait"
            await self._alarm("breaker_open", text, sink=self._name)

    def _obituary(self, delivery: Delivery, decision: Dead) -> str:
        return f"Delivery {delivery.id} to {self._name} was given up: {decision.reason}"

    async def _write(self, settlement: Settlement) -> None:
        """Writes the result, however often the store must be asked; the lease bounds its worth."""
        while True:
            try:
                counted = await self._settle(settlement)
            except Unavailable as error:
                self._log.warning("result waits for the store", error=str(error))
                await self._clock.sleep(_STORE_SECONDS)
                continue
            if not counted:
                self._log.warning("late result not counted", delivery=settlement.delivery_id)
            return

    async def _settled(self, settlements: Sequence[Settlement]) -> Sequence[bool]:
        pair, now = pair_of(self._in_force, self._name), self._clock.now()
        counted = await self._store.write(
            lambda connection: settle(connection, settlements, pair, now, new_id=self._new_id)
        )
        if pair is not None and any(one.state == "dead" for one in settlements):
            self._wake([pair.fallback])
        return counted


def _pace(sink: Sink) -> Pace:
    return Pace(sink.settings.rate, by_lane=bool(sink.lane))
