"""Puts another configuration in force, or keeps the one there is and says why."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from gateway import logs
from gateway.clock import Clock
from gateway.errors import GatewayError, SettingsError
from gateway.load import Loaded, load
from gateway.metrics import Metrics
from gateway.pipeline.alarm import Alarm
from gateway.pipeline.parts import InForce, Parts
from gateway.preview.routing_test import failures
from gateway.settings.problem import Problem
from gateway.settings.snapshot import Snapshot
from gateway.settings.watching import Watch
from gateway.store import configurations, deliveries
from gateway.store.configurations import Accepted
from gateway.store.store import Connection, Store

_LOOK_SECONDS = 1.0
# Files that go on changing while they are read are read again, so often.
_READINGS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where the configuration comes from, and how it stood when the gateway started."""

    path: Path
    environ: Mapping[str, str]
    snapshot: Snapshot
    """The files that are in force."""
    problems: tuple[Problem, ...] = ()
    """What is wrong with the files where an older configuration had to stand in for them."""


@dataclass(slots=True)
class State:
    """What is in force, and what is not, and why."""

    digest: str
    accepted_at: datetime
    source: str = "files"
    problems: list[str] = field(default_factory=list)


class Reload:
    """Reloads one after another, each wholly or not at all."""

    def __init__(
        self,
        store: Store,
        in_force: InForce,
        origin: Origin,
        *,
        clock: Clock,
        metrics: Metrics,
        alarm: Alarm,
        refuses: Callable[[Parts], str | None],
        applied: Callable[[Parts], None],
    ) -> None:
        self._store = store
        self._in_force = in_force
        self._origin = origin
        self._clock = clock
        self._metrics = metrics
        self._alarm = alarm
        self._refuses = refuses
        self._applied = applied
        self._one_at_a_time = asyncio.Lock()
        self._watch = Watch(origin.path)
        self._watch.mark(origin.snapshot.digest)
        self._log = logs.get("reload")
        self._state = State(digest=origin.snapshot.digest, accepted_at=clock.now())
        metrics.config_reload_success.set(1)

    async def begin(self) -> None:
        """Keeps the configuration that the gateway started with, or says that it is an old one."""
        if not self._origin.problems:
            await self._keep(self._origin.snapshot)
            return
        self._state.source = "store"
        self._watch.mark(Snapshot.take(self._origin.path).digest)  # known, and known to be broken
        await self._refused(self._origin.problems)

    async def __call__(self) -> Mapping[str, Any]:
        """How it went; raises SettingsError where the files are no good: then nothing changes."""
        async with self._one_at_a_time:
            try:
                snapshot, loaded = await asyncio.to_thread(self._read)
                warnings = [str(each) for each in loaded.warnings]
                if snapshot.digest == self._state.digest and self._state.source == "files":
                    self._metrics.config_reload_success.set(1)
                    self._state.problems = []
                    return {"status": "unchanged", "warnings": warnings}
                await self._accept(snapshot, loaded.parts)
            except SettingsError as error:
                await self._refused(error.problems)
                raise
            return {"status": "reloaded", "warnings": warnings}

    def state(self) -> Mapping[str, Any]:
        """Which configuration is in force, and why another is not."""
        state = self._state
        return {
            "digest": state.digest,
            "accepted_at": state.accepted_at,
            "source": state.source,
            "error": state.problems[0] if state.problems else None,
            "problems": state.problems,
        }

    async def watch(self) -> None:
        """Reloads whenever the files have changed and are quiet again, until cancelled."""
        while True:
            await self._clock.sleep(_LOOK_SECONDS)
            if await asyncio.to_thread(self._watch.changed):
                await self.quietly()

    async def quietly(self) -> None:
        """Reloads for somebody who does not wait for the answer."""
        try:
            await self()
        except GatewayError as error:
            self._log.warning("reload failed", error=str(error))

    def _read(self) -> tuple[Snapshot, Loaded]:
        """The configuration as it is in the files at one moment."""
        path, environ = self._origin.path, self._origin.environ
        before = Snapshot.take(path)
        loaded = load(path, environ=environ, offline=False)
        snapshot = Snapshot.take(path)
        for _ in range(_READINGS):
            if before.digest == snapshot.digest:
                break
            before, loaded = snapshot, load(path, environ=environ, offline=False)
            snapshot = Snapshot.take(path)
        self._watch.mark(snapshot.digest)
        self._refuse(loaded.parts)
        return snapshot, loaded

    def _refuse(self, parts: Parts) -> None:
        """Raises SettingsError where the parts are sound, but must not be put in force."""
        before, path = self._in_force.parts, self._origin.path
        parts.redaction.remember(before.redaction)
        problems = [
            *needs_restart(before, parts, path),
            *self._refusals(parts),
            *failures(parts),
        ]
        if problems:
            raise SettingsError(problems)

    def _refusals(self, parts: Parts) -> list[Problem]:
        """What would not have been started, either."""
        text = self._refuses(parts)
        place = str(self._origin.path)
        return [Problem(file=place, line=1, column=1, path="admin", text=text)] if text else []

    async def _accept(self, snapshot: Snapshot, parts: Parts) -> None:
        self._in_force.parts = parts
        self._applied(parts)
        await self._keep(snapshot)
        await self._store.write(self._judge_anew)
        self._log.info("reloaded", digest=snapshot.digest[:12])

    def _judge_anew(self, connection: Connection) -> int:
        """What is held or muted may be so no longer."""
        return deliveries.rejudge(connection, "held", "muted", now=self._clock.now())

    async def _keep(self, snapshot: Snapshot) -> None:
        now = self._clock.now()
        self._state = State(digest=snapshot.digest, accepted_at=now)
        self._metrics.config_reload_success.set(1)
        accepted = Accepted(digest=snapshot.digest, accepted_at=now, files=snapshot.packed())
        await self._store.write(lambda connection: configurations.accept(connection, accepted))

    async def _refused(self, problems: Sequence[Problem]) -> None:
        redaction = self._in_force.parts.redaction
        self._state.problems = [redaction(str(each)) for each in problems if each.is_fatal]
        self._metrics.config_reload_success.set(0)
        for each in self._state.problems:
            self._log.error("configuration refused", problem=each)
        first = self._state.problems[0] if self._state.problems else ""
        await self._alarm(
            "reload_failed", f"The configuration is not used: {first} (the old one stays in force)"
        )


def needs_restart(before: Parts, after: Parts, path: Path) -> list[Problem]:
    """What differs between the two that a running gateway cannot change."""
    fixed = {
        "server.listen": (before.server.listen, after.server.listen),
        "server.tls": (before.server.tls, after.server.tls),
        "server.max_inflight": (before.server.max_inflight, after.server.max_inflight),
        "admin.listen": (before.admin.listen, after.admin.listen),
        "store.url": (before.store.url, after.store.url),
    }
    return [
        Problem(file=str(path), line=1, column=1, path=name, text="a change needs a restart")
        for name, (old, new) in fixed.items()
        if old != new
    ]
