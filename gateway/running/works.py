"""The pipeline of one gateway, put together: dispatch, flush, a queue for each sink, and duties."""

from collections.abc import Collection, Mapping
from functools import partial

from gateway.clock import Clock
from gateway.metrics import Metrics
from gateway.model.identity import NewId
from gateway.pipeline.absence import complain_of_silence, end_gone_projects
from gateway.pipeline.alarm import Alarm
from gateway.pipeline.alone import Alone, Duty
from gateway.pipeline.answering import Answering
from gateway.pipeline.attempt import Attempting
from gateway.pipeline.clockwatch import ClockWatch
from gateway.pipeline.deliver import Queue
from gateway.pipeline.dispatch import Dispatch
from gateway.pipeline.duties import bury, every, forget, mind_orphans, refresh_gauges
from gateway.pipeline.flush import Flush
from gateway.pipeline.lanes import enter
from gateway.pipeline.parts import InForce, Parts
from gateway.pipeline.reading import Reader
from gateway.pipeline.standing_in import stand_in
from gateway.pipeline.surroundings import Signatures, mind_disk, mind_time
from gateway.running.loops import Loops
from gateway.running.queues import Queues
from gateway.store.hints import Hints
from gateway.store.settings import database, is_server
from gateway.store.store import Store
from gateway.transport.carrier import Carrier

_GAUGE_SECONDS = 5.0
# Often enough that a busy hour's worth is the most that waits to be forgotten.
_FORGET_SECONDS = 600.0
_ABSENCE_SECONDS = 60.0
_FALLBACK_SECONDS = 2.0


class Works:
    """Everything between a stored event and a sink's answer."""

    def __init__(
        self,
        store: Store,
        in_force: InForce,
        transport: Carrier,
        reader: Reader,
        holder: str,
        *,
        clock: Clock,
        metrics: Metrics,
        new_id: NewId,
        hints: Hints | None = None,
    ) -> None:
        """`hints` are those of replicas that share the store."""
        self._store = store
        self._hints = hints
        self._alone = Alone(store, holder, clock=clock)
        self._in_force = in_force
        self._transport = transport
        self._clock = clock
        self._metrics = metrics
        self._new_id = new_id
        self.answering = Answering(clock)
        """Whom dispatch gives way to."""
        self.alarm = Alarm(store, clock=clock, new_id=new_id, wake=self.came)
        self._attempting = Attempting(
            in_force, reader, transport, partial(enter, store, clock), clock=clock, metrics=metrics
        )
        self._signatures = Signatures(in_force, metrics, self.alarm)
        self._clockwatch = ClockWatch(store, clock=clock)
        self._queue_loops = Loops(clock)
        self._queues = Queues(self._queue, self._queue_loops)
        self._flush = Flush(
            store,
            in_force,
            clock=clock,
            metrics=metrics,
            new_id=new_id,
            alone=self._alone,
            wake=self._queues.hint,
        )
        self._dispatch = Dispatch(
            store,
            in_force,
            reader,
            self.answering,
            clock=clock,
            metrics=metrics,
            new_id=new_id,
            alarm=self.alarm,
            wake=self._tell,
            judge=self._flush.hint,
        )

    def start(self, loops: Loops) -> None:
        """Sets everything going; `loops` end before the queues do."""
        self._queues.start(self._in_force.parts.sinks)
        loops.start("dispatch", self._dispatch.run)
        loops.start("flush", self._flush.run)
        for name, (seconds, duty) in self._own_duties().items():
            loops.start(name, partial(every, seconds, duty, name, clock=self._clock))
        for name, (seconds, duty) in self._duties().items():
            alone = self._alone.every(seconds, name, duty)
            loops.start(name, partial(every, seconds, alone, name, clock=self._clock))
        if self._hints is not None:
            loops.start("hints", partial(self._hints.run, self._heard))

    def came(self) -> None:
        """Says that an event was stored."""
        self._dispatch.hint()

    def changed(self) -> None:
        """Says that somebody changed what is stored: anything may be due."""
        self._dispatch.hint()
        self._owed(self._in_force.parts.sinks)

    def _heard(self) -> None:
        """Another replica says that something may be due."""
        self._dispatch.hint()
        self._queues.hint(self._in_force.parts.sinks)
        self._flush.hint()

    def apply(self, after: Parts) -> None:
        """Goes on under the parts that were put in force."""
        self._transport.rules(deny=after.egress.deny, allow=after.egress.allow)
        self._queues.start(after.sinks)
        self._flush.hint()

    async def stop(self) -> None:
        """Claims nothing more; `drain` then waits for what is in flight."""
        await self._queue_loops.stop()
        await self._alone.leave()

    async def drain(self, seconds: float) -> int:
        """Waits that long for tries in flight; how many were left behind."""
        return await self._queues.drain(seconds)

    def _owed(self, sinks: Collection[str]) -> None:
        self._flush.hint()
        self._tell(sinks)

    def _tell(self, sinks: Collection[str]) -> None:
        self._queues.hint(sinks)
        if self._hints is not None and sinks:
            self._hints.tell()

    def _queue(self, name: str) -> Queue:
        return Queue(
            self._store,
            name,
            self._in_force,
            self._attempting,
            clock=self._clock,
            metrics=self._metrics,
            new_id=self._new_id,
            alarm=self.alarm,
            clockwatch=self._clockwatch,
            wake=self._queues.hint,
        )

    def _own_duties(self) -> Mapping[str, tuple[float, Duty]]:
        """By name how often each is done, in seconds; each replica has them to itself."""
        store, in_force, clock = self._store, self._in_force, self._clock
        gauges = partial(refresh_gauges, store, self._metrics, in_force, clock=clock)
        common: dict[str, tuple[float, Duty]] = {
            "gauges": (_GAUGE_SECONDS, gauges),
            "signatures": (_ABSENCE_SECONDS, self._signatures.look),
        }
        if is_server(in_force.parts.store.url):
            return common | {"time": (_ABSENCE_SECONDS, partial(mind_time, store, clock=clock))}
        folder = database(in_force.parts.store.url).parent
        return common | {"disk": (_ABSENCE_SECONDS, partial(mind_disk, folder, self.alarm))}

    def _duties(self) -> Mapping[str, tuple[float, Duty]]:
        """The same of those that one replica does for all."""
        store, in_force, clock = self._store, self._in_force, self._clock
        orphans = partial(mind_orphans, store, in_force, self.alarm, clock=clock)
        burials = partial(bury, store, in_force, self.alarm, clock=clock, new_id=self._new_id)
        silent = partial(complain_of_silence, store, in_force, self.alarm, clock=clock)
        return {
            "retention": (_FORGET_SECONDS, partial(forget, store, in_force, clock=clock)),
            "orphans": (_ABSENCE_SECONDS, orphans),
            "burials": (_ABSENCE_SECONDS, burials),
            "silent feeds": (_ABSENCE_SECONDS, silent),
            "gone projects": (_ABSENCE_SECONDS, self._end_gone),
            "fallbacks": (_FALLBACK_SECONDS, self._stand_in),
        }

    async def _stand_in(self) -> None:
        told = stand_in(self._store, self._in_force, clock=self._clock, new_id=self._new_id)
        self._owed(await told)

    async def _end_gone(self) -> None:
        gone = end_gone_projects(
            self._store, self._in_force, clock=self._clock, new_id=self._new_id
        )
        self._owed(await gone)
