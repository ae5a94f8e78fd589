"""Puts the parts together and owns every lifetime: started in order, stopped in reverse."""

import asyncio
import signal
from collections.abc import Mapping
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
from gateway.pipeline.accept import Accept
from gateway.pipeline.beside import Beside
from gateway.pipeline.duties import every
from gateway.pipeline.parts import InForce, Parts
from gateway.pipeline.reading import Reader
from gateway.pipeline.trial import trial
from gateway.running import eventloop
from gateway.running.acts import Acts
from gateway.running.garbage import collect_seldom
from gateway.running.loops import Loops
from gateway.running.memory import give_back_large_blocks
from gateway.running.reads import Reads
from gateway.running.reload import Origin, Reload
from gateway.running.start import starting
from gateway.running.works import Works
from gateway.store import deliveries
from gateway.store.hints import Hints
from gateway.store.settings import is_server, shown
from gateway.store.store import Store
from gateway.transport.carrier import Carrier
from gateway.web.admin import admin_app, refuses_to_start
from gateway.web.listener import Listener
from gateway.web.public import public_app

# A renewed certificate is served within this time, without a signal.
_CERTIFICATE_SECONDS = 10.0
# A probe gives up after a few seconds; a store that takes as long is not ready.
_READY_SECONDS = 2.0


def serve(config: Path, *, environ: Mapping[str, str], strict: bool = False) -> int:
    """Runs the gateway until SIGTERM or SIGINT; the exit code.

    Raises SettingsError or CannotStart.
    """
    # Until it can be heeded: what changes meanwhile, the watch over the files sees.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    give_back_large_blocks()
    loaded, origin = starting(config, environ=environ, strict=strict)
    eventloop.run(_until_stopped(loaded.parts, origin))
    return 0


def send_test(config: Path, sink: str, *, environ: Mapping[str, str]) -> Outcome:
    """What a sink answers to one test notice; raises SettingsError or CannotStart."""
    parts = load(config, environ=environ, offline=False).parts
    if sink not in parts.sinks:
        raise Misused(f"no sink is called {sink!r}; there are: {', '.join(parts.sinks)}")

    async def run() -> Outcome:
        transport = Carrier(deny=parts.egress.deny, allow=parts.egress.allow)
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
        self._name = new_id("gtw", clock.now())
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
        logs.configure(redact=self._redacted)
        settings = self._parts.store
        store = Store.open(settings.url, settings.secret, metrics=self._metrics)
        stack.callback(store.close)
        await store.write(deliveries.recover)
        transport = Carrier(deny=self._parts.egress.deny, allow=self._parts.egress.allow)
        stack.push_async_callback(transport.close)
        await self._start_works(stack, store, transport)
        collect_seldom()
        self._log.info(
            "started",
            version=__version__,
            public=_address(self._parts.server.listen[0], self.public.port),
            admin=_address(self._parts.admin.listen[0], self.admin.port),
            store=shown(self._parts.store.url),
            replica=self._name,
            loop=eventloop.name(),
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

    async def _start_works(self, stack: AsyncExitStack, store: Store, transport: Carrier) -> None:
        clock, in_force, loops = self._clock, self._in_force, Loops(self._clock)
        beside = Beside()
        reader = Reader(store, in_force, beside)
        works = Works(
            store,
            in_force,
            transport,
            reader,
            self._name,
            clock=clock,
            metrics=self._metrics,
            new_id=new_id,
            hints=self._hints(),
        )
        reload = self._reload(store, works)
        stack.push_async_callback(self._drain, works)
        stack.push_async_callback(works.stop)
        await reload.begin()
        stack.push_async_callback(loops.stop)
        works.start(loops)
        loops.start("reload", reload.watch)
        acts = Acts(store, in_force, reload, reader, clock=clock, new_id=new_id, wake=works.changed)
        await self._start_admin(stack, store, acts)
        accept = Accept(
            store,
            beside,
            works.answering,
            clock=clock,
            metrics=self._metrics,
            new_id=new_id,
            keep=reader.keep,
            wake=works.came,
        )
        await self._start_public(stack, store, accept)
        if self._parts.server.tls is not None:
            loops.start("certificate", self._watch_certificate)

    def _hints(self) -> Hints | None:
        settings = self._parts.store
        if not is_server(settings.url):
            return None
        return Hints(settings.url, settings.secret, holder=self._name)

    def _redacted(self, text: str) -> str:
        """The text without the secrets of the parts in force, which a reload replaces."""
        return self._parts.redaction(text)

    def _reload(self, store: Store, works: Works) -> Reload:
        return Reload(
            store,
            self._in_force,
            self._origin,
            clock=self._clock,
            metrics=self._metrics,
            alarm=works.alarm,
            refuses=lambda parts: refuses_to_start(parts.admin),
            applied=works.apply,
            asked=self._reload_asked,
        )

    async def _drain(self, works: Works) -> None:
        """Lets tries in flight end, for the time of grace."""
        left = await works.drain(self._grace())
        if left:
            self._log.warning(
                "tries left in flight; they are repeated at the next start", tries=left
            )

    async def _start_admin(self, stack: AsyncExitStack, store: Store, acts: Acts) -> None:
        app = admin_app(
            admin=lambda: self._parts.admin,
            reads=Reads(store, self._in_force, clock=self._clock),
            acts=acts,
            ready=partial(self.ready, store),
            metrics=self._metrics,
            clock=self._clock,
            version=__version__,
        )
        self.admin = Listener(app, self._parts.admin.listen)
        await self.admin.start()
        stack.push_async_callback(self.admin.stop, 1.0)

    async def _start_public(self, stack: AsyncExitStack, store: Store, accept: Accept) -> None:
        metrics, clock, server = self._metrics, self._clock, self._parts.server
        app = public_app(
            in_force=self._in_force,
            accept=accept,
            ready=partial(self.ready, store),
            metrics=metrics,
            clock=clock,
        )
        tls = server.tls.paths(self._parts.folder) if server.tls else None
        self.public = Listener(app, server.listen, tls=tls)
        await self.public.start()
        stack.push_async_callback(self._stop_public)

    async def _watch_certificate(self) -> None:
        renew = self.public.reload_certificate
        await every(_CERTIFICATE_SECONDS, renew, "certificate", clock=self._clock)

    async def _stop_public(self) -> None:
        self._stopping = True
        self._deadline = self._clock.monotonic() + self._parts.server.grace
        await self.public.stop(self._grace())

    def _grace(self) -> float:
        """Seconds that are left of the time of grace; requests and tries share it."""
        return max(self._deadline - self._clock.monotonic(), 0.0)


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
