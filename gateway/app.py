"""Puts the parts together and owns every lifetime: started in order, stopped in reverse."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, suppress
from functools import partial
from pathlib import Path

from gateway import __version__, logs
from gateway.clock import Clock, SystemClock
from gateway.errors import CannotStart, Misused
from gateway.load import load
from gateway.metrics import Metrics
from gateway.model.exchange import Outcome
from gateway.model.identity import new_id
from gateway.pipeline.absence import complain_of_silence, end_gone_projects
from gateway.pipeline.accept import Accept
from gateway.pipeline.alarm import Alarm
from gateway.pipeline.attempt import Attempting
from gateway.pipeline.deliver import Queue
from gateway.pipeline.dispatch import Dispatch
from gateway.pipeline.duties import every, forget, mind_orphans, refresh_gauges
from gateway.pipeline.flush import Flush
from gateway.pipeline.parts import InForce, Parts
from gateway.pipeline.reading import Reader
from gateway.pipeline.trial import trial
from gateway.running.acts import Acts
from gateway.running.loops import Loops
from gateway.running.queues import Queues
from gateway.running.reads import Reads
from gateway.running.reload import Origin, Reload
from gateway.running.start import starting
from gateway.store import deliveries
from gateway.store.store import Store
from gateway.transport.http import Http
from gateway.web.admin import admin_app, refuses_to_start
from gateway.web.listener import Listener
from gateway.web.public import public_app

_GAUGE_SECONDS = 5.0
# A renewed certificate is served within this time, without a signal.
_CERTIFICATE_SECONDS = 10.0
# Often enough that a busy hour's worth is the most that waits to be forgotten.
_FORGET_SECONDS = 600.0
_ABSENCE_SECONDS = 60.0
# A probe gives up after a few seconds; a store that takes as long is not ready.
_READY_SECONDS = 2.0


def serve(config: Path, *, environ: Mapping[str, str], strict: bool = False) -> int:
    """Runs the gateway until SIGTERM or SIGINT; the exit code.

    Raises SettingsError or CannotStart.
    """
    # Until it can be heeded: what changes meanwhile, the watch over the files sees.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    loaded, origin = starting(config, environ=environ, strict=strict)
    asyncio.run(_until_stopped(loaded.parts, origin))
    return 0


def send_test(config: Path, sink: str, *, environ: Mapping[str, str]) -> Outcome:
    """What a sink answers to one test notice; raises SettingsError or CannotStart."""
    parts = load(config, environ=environ, offline=False).parts
    if sink not in parts.sinks:
        raise Misused(f"no sink is called {sink!r}; there are: {', '.join(parts.sinks)}")

    async def run() -> Outcome:
        transport = Http(deny=parts.egress.deny, allow=parts.egress.allow)
        try:
            return await trial(parts, parts.sinks[sink], transport, clock=SystemClock())
        finally:
            await transport.close()

    return asyncio.run(run())


async def _until_stopped(parts: Parts, origin: Origin) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        gateway = Gateway(parts, clock=SystemClock(), origin=origin)
        loop.add_signal_handler(signal.SIGHUP, gateway.reload_soon)
        await gateway.start(stack)
        await stop.wait()
        logs.get("gateway").info("stopping", grace=parts.server.grace)
    logs.get("gateway").info("stopped")


class Gateway:
    """One running gateway."""

    def __init__(self, parts: Parts, *, clock: Clock, origin: Origin) -> None:
        self._in_force = InForce(parts)
        self._clock = clock
        self._origin = origin
        self._metrics = Metrics()
        self._log = logs.get("gateway")
        self._stopping = False
        self._deadline = 0.0
        self._reload_asked = asyncio.Event()
        self.public: Listener
        self.admin: Listener

    @property
    def _parts(self) -> Parts:
        return self._in_force.parts

    async def start(self, stack: AsyncExitStack) -> None:
        """Starts everything; the stack stops it again. Raises CannotStart."""
        refusal = refuses_to_start(self._parts.admin)
        if refusal:
            raise CannotStart(refusal)
        # The parts in force, which a reload replaces.
        logs.configure(redact=lambda text: self._parts.redaction(text))  # noqa: PLW0108 - see above
        store = Store.open(self._parts.store.url, metrics=self._metrics)
        stack.callback(store.close)
        await store.write(deliveries.recover)
        transport = Http(deny=self._parts.egress.deny, allow=self._parts.egress.allow)
        stack.push_async_callback(transport.close)
        await self._start_pipeline(stack, store, transport)
        self._log.info(
            "started",
            version=__version__,
            public=_address(self._parts.server.listen[0], self.public.port),
            admin=_address(self._parts.admin.listen[0], self.admin.port),
            store=self._parts.store.url,
            sinks=sorted(self._parts.sinks),
        )

    def reload_soon(self) -> None:
        """Has the configuration reloaded; the log says how that went."""
        self._reload_asked.set()

    async def ready(self, store: Store) -> Mapping[str, bool]:
        """What `/readyz` says; all must hold."""
        writable = False
        with suppress(TimeoutError):
            async with asyncio.timeout(_READY_SECONDS):
                writable = await store.writable()
        return {
            "store": writable,
            "configuration": True,
            "running": not self._stopping,
        }

    async def _start_pipeline(self, stack: AsyncExitStack, store: Store, transport: Http) -> None:
        clock, metrics, in_force = self._clock, self._metrics, self._in_force
        queue_loops, loops = Loops(clock), Loops(clock)
        alarm = Alarm(store, clock=clock, new_id=new_id, wake=lambda: dispatch.hint())  # noqa: PLW0108 - it is made below
        attempting = Attempting(
            in_force, Reader(store, in_force), transport, clock=clock, metrics=metrics
        )
        queues = Queues(partial(self._queue, store, attempting, alarm), queue_loops)
        stack.push_async_callback(self._drain, queues)
        stack.push_async_callback(queue_loops.stop)

        def wake(sinks: Iterable[str]) -> None:
            queues.hint(sinks)
            flush.hint()

        flush = Flush(
            store, in_force, clock=clock, metrics=metrics, new_id=new_id, wake=queues.hint
        )
        dispatch = Dispatch(
            store, in_force, clock=clock, metrics=metrics, new_id=new_id, alarm=alarm, wake=wake
        )

        def applied(after: Parts) -> None:
            transport.rules(deny=after.egress.deny, allow=after.egress.allow)
            queues.start(after.sinks)
            flush.hint()

        reload = Reload(
            store,
            in_force,
            self._origin,
            clock=clock,
            metrics=metrics,
            alarm=alarm,
            refuses=lambda parts: refuses_to_start(parts.admin),
            applied=applied,
            asked=self._reload_asked,
        )
        await reload.begin()
        stack.push_async_callback(loops.stop)
        queues.start(self._parts.sinks)
        loops.start("dispatch", dispatch.run)
        loops.start("flush", flush.run)
        loops.start("reload", reload.watch)
        self._start_duties(loops, store, alarm, wake)

        def wake_all() -> None:
            dispatch.hint()
            wake(self._parts.sinks)

        acts = Acts(store, in_force, reload, clock=clock, new_id=new_id, wake=wake_all)
        await self._start_listeners(stack, loops, store, dispatch, acts)

    def _queue(self, store: Store, attempting: Attempting, alarm: Alarm, name: str) -> Queue:
        return Queue(
            store,
            name,
            self._in_force,
            attempting,
            clock=self._clock,
            metrics=self._metrics,
            new_id=new_id,
            alarm=alarm,
        )

    async def _drain(self, queues: Queues) -> None:
        """Lets tries in flight end, for the time of grace."""
        left = await queues.drain(self._grace())
        if left:
            self._log.warning(
                "tries left in flight; they are repeated at the next start", tries=left
            )

    def _start_duties(
        self, loops: Loops, store: Store, alarm: Alarm, wake: Callable[[Iterable[str]], None]
    ) -> None:
        clock, in_force = self._clock, self._in_force

        async def end_gone() -> None:
            wake(await end_gone_projects(store, in_force, clock=clock, new_id=new_id))

        duties: dict[str, tuple[float, Callable[[], Awaitable[object]]]] = {
            "gauges": (
                _GAUGE_SECONDS,
                partial(refresh_gauges, store, self._metrics, in_force, clock=clock),
            ),
            "retention": (_FORGET_SECONDS, partial(forget, store, in_force, clock=clock)),
            "orphans": (
                _ABSENCE_SECONDS,
                partial(mind_orphans, store, in_force, alarm, clock=clock),
            ),
            "silent feeds": (
                _ABSENCE_SECONDS,
                partial(complain_of_silence, store, in_force, alarm, clock=clock),
            ),
            "gone projects": (_ABSENCE_SECONDS, end_gone),
        }
        for name, (seconds, duty) in duties.items():
            loops.start(name, partial(every, seconds, duty, name, clock=clock))

    async def _start_listeners(
        self, stack: AsyncExitStack, loops: Loops, store: Store, dispatch: Dispatch, acts: Acts
    ) -> None:
        metrics, clock, in_force = self._metrics, self._clock, self._in_force
        ready = partial(self.ready, store)
        accept = Accept(store, clock=clock, metrics=metrics, new_id=new_id, wake=dispatch.hint)
        admin = admin_app(
            admin=lambda: in_force.parts.admin,
            reads=Reads(store, in_force, clock=clock),
            acts=acts,
            ready=ready,
            metrics=metrics,
            clock=clock,
            version=__version__,
        )
        public = public_app(
            in_force=in_force, accept=accept, ready=ready, metrics=metrics, clock=clock
        )
        self.admin = Listener(admin, self._parts.admin.listen)
        await self.admin.start()
        stack.push_async_callback(self.admin.stop, 1.0)
        server = self._parts.server
        tls = server.tls.paths(self._parts.folder) if server.tls else None
        self.public = Listener(public, server.listen, tls=tls)
        await self.public.start()
        stack.push_async_callback(self._stop_public)
        if tls is not None:
            reload = self.public.reload_certificate
            loops.start(
                "certificate",
                partial(every, _CERTIFICATE_SECONDS, reload, "certificate", clock=clock),
            )

    async def _stop_public(self) -> None:
        self._stopping = True
        self._deadline = self._clock.monotonic() + self._parts.server.grace
        await self.public.stop(self._grace())

    def _grace(self) -> float:
        """Seconds that are left of the time of grace; requests and tries share it."""
        return max(self._deadline - self._clock.monotonic(), 0.0)


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
