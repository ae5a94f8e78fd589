"""Puts the parts together and owns every lifetime: started in order, stopped in reverse."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from gateway import __version__, logs
from gateway.clock import Clock, SystemClock
from gateway.errors import CannotStart, Misused
from gateway.load import load
from gateway.metrics import Metrics
from gateway.model.exchange import Outcome
from gateway.model.identity import new_id
from gateway.pipeline.accept import Accept
from gateway.pipeline.attempt import Attempting
from gateway.pipeline.deliver import Queue
from gateway.pipeline.dispatch import Dispatch
from gateway.pipeline.duties import every, forget, refresh_gauges
from gateway.pipeline.parts import Parts
from gateway.pipeline.trial import trial
from gateway.preview.routing_test import failures
from gateway.store import deliveries, listing
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
_RESTART_SECONDS = 1.0
# A probe gives up after a few seconds; a store that takes as long is not ready.
_READY_SECONDS = 2.0


def serve(config: Path, *, environ: Mapping[str, str]) -> int:
    """Runs the gateway until SIGTERM or SIGINT; the exit code.

    Raises SettingsError or CannotStart.
    """
    loaded = load(config, environ=environ, offline=False)
    logs.configure(redact=loaded.parts.redaction)
    log = logs.get("gateway")
    for warning in loaded.warnings:
        log.warning("configuration", problem=str(warning))
    for failure in failures(loaded.parts):
        log.warning("routing test failed", failure=failure)
    asyncio.run(_until_stopped(loaded.parts))
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


async def _until_stopped(parts: Parts) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, _no_reload)
    async with AsyncExitStack() as stack:
        await Gateway(parts, clock=SystemClock()).start(stack)
        await stop.wait()
        logs.get("gateway").info("stopping", grace=parts.server.grace)
    logs.get("gateway").info("stopped")


def _no_reload() -> None:
    logs.get("gateway").warning("reload is not supported yet; restart to read the configuration")


class Gateway:
    """One running gateway."""

    def __init__(self, parts: Parts, *, clock: Clock) -> None:
        self._parts = parts
        self._clock = clock
        self._metrics = Metrics()
        self._log = logs.get("gateway")
        self._stopping = False
        self._deadline = 0.0
        self.public: Listener
        self.admin: Listener

    async def start(self, stack: AsyncExitStack) -> None:
        """Starts everything; the stack stops it again. Raises CannotStart."""
        refusal = refuses_to_start(self._parts.admin)
        if refusal:
            raise CannotStart(refusal)
        store = Store.open(self._parts.store.url, metrics=self._metrics)
        stack.callback(store.close)
        await store.write(deliveries.recover)
        transport = Http(deny=self._parts.egress.deny, allow=self._parts.egress.allow)
        stack.push_async_callback(transport.close)
        queues = self._queues(store, transport)
        await self._start_queues(stack, queues)
        dispatch = self._dispatch(store, queues)
        await self._start_loop(stack, "dispatch", dispatch.run)
        await self._start_duties(stack, store)
        await self._start_listeners(stack, store, dispatch)
        self._log.info(
            "started",
            version=__version__,
            public=_address(self._parts.server.listen[0], self.public.port),
            admin=_address(self._parts.admin.listen[0], self.admin.port),
            store=self._parts.store.url,
            sinks=sorted(self._parts.sinks),
        )

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

    def _queues(self, store: Store, transport: Http) -> dict[str, Queue]:
        return {
            name: Queue(
                store,
                sink,
                Attempting(self._parts, sink, transport, clock=self._clock, metrics=self._metrics),
                clock=self._clock,
                metrics=self._metrics,
                new_id=new_id,
                redact=self._parts.redaction,
            )
            for name, sink in self._parts.sinks.items()
        }

    def _dispatch(self, store: Store, queues: Mapping[str, Queue]) -> Dispatch:
        def wake(sinks: frozenset[str]) -> None:
            for name in sinks & queues.keys():
                queues[name].hint()

        return Dispatch(
            store,
            self._parts,
            clock=self._clock,
            metrics=self._metrics,
            new_id=new_id,
            wake=wake,
        )

    async def _start_queues(self, stack: AsyncExitStack, queues: Mapping[str, Queue]) -> None:
        stack.push_async_callback(self._drain, queues)
        for name, queue in queues.items():
            await self._start_loop(stack, f"deliver {name}", queue.run)

    async def _drain(self, queues: Mapping[str, Queue]) -> None:
        """Lets tries in flight end, for the time of grace."""
        left = await asyncio.gather(*(queue.drain(self._grace()) for queue in queues.values()))
        if sum(left):
            self._log.warning(
                "tries left in flight; they are repeated at the next start", tries=sum(left)
            )

    async def _start_duties(self, stack: AsyncExitStack, store: Store) -> None:
        sinks = frozenset(self._parts.sinks)
        gauges = partial(refresh_gauges, store, self._metrics, sinks, clock=self._clock)
        await self._start_loop(
            stack, "gauges", partial(every, _GAUGE_SECONDS, gauges, "gauges", clock=self._clock)
        )
        retention = timedelta(seconds=self._parts.store.retention)
        old = partial(forget, store, retention, clock=self._clock)
        await self._start_loop(
            stack, "retention", partial(every, _FORGET_SECONDS, old, "retention", clock=self._clock)
        )

    async def _start_listeners(
        self, stack: AsyncExitStack, store: Store, dispatch: Dispatch
    ) -> None:
        parts, metrics, clock = self._parts, self._metrics, self._clock
        ready = partial(self.ready, store)
        accept = Accept(store, clock=clock, metrics=metrics, new_id=new_id, wake=dispatch.hint)
        admin = admin_app(
            admin=parts.admin,
            reads=Reads(store),
            ready=ready,
            metrics=metrics,
            clock=clock,
            version=__version__,
        )
        public = public_app(
            server=parts.server,
            sources=parts.sources,
            accept=accept,
            ready=ready,
            metrics=metrics,
            clock=clock,
        )
        self.admin = Listener(admin, parts.admin.listen)
        await self.admin.start()
        stack.push_async_callback(self.admin.stop, 1.0)
        tls = parts.server.tls.paths(parts.folder) if parts.server.tls else None
        self.public = Listener(public, parts.server.listen, tls=tls)
        await self.public.start()
        stack.push_async_callback(self._stop_public)
        if tls is not None:
            reload = self.public.reload_certificate
            await self._start_loop(
                stack,
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

    async def _start_loop(
        self, stack: AsyncExitStack, name: str, loop: Callable[[], Awaitable[Any]]
    ) -> None:
        """Runs a loop for as long as the gateway lives; one that breaks is started again."""
        task = asyncio.create_task(self._forever(name, loop), name=name)

        async def end() -> None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

        stack.push_async_callback(end)

    async def _forever(self, name: str, loop: Callable[[], Awaitable[Any]]) -> None:
        while True:
            try:
                await loop()
            except Exception:  # noqa: BLE001 - one bug must not end the loop
                self._log.exception("loop broke; it is started again", loop=name)
                await self._clock.sleep(_RESTART_SECONDS)


class Reads:
    """What the admin side reads."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def events(self, **filters: Any) -> listing.Page:
        """A page of events, newest first."""
        return await self._store.read(lambda connection: listing.events(connection, **filters))

    async def alerts(self, **filters: Any) -> listing.Page:
        """A page of alerts, newest first."""
        return await self._store.read(lambda connection: listing.alerts(connection, **filters))

    async def deliveries(self, **filters: Any) -> listing.Page:
        """A page of deliveries, newest first."""
        return await self._store.read(lambda connection: listing.deliveries(connection, **filters))

    async def event(self, event_id: str) -> dict[str, Any] | None:
        """One event."""
        return await self._store.read(lambda connection: listing.event(connection, event_id))

    async def alert(self, alert_id: str) -> dict[str, Any] | None:
        """One alert with its findings and deliveries."""
        return await self._store.read(lambda connection: listing.alert(connection, alert_id))

    async def delivery(self, delivery_id: str) -> dict[str, Any] | None:
        """One delivery with its attempts."""
        return await self._store.read(lambda connection: listing.delivery(connection, delivery_id))


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
