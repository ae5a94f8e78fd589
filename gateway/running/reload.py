"""Puts another configuration in force, or keeps the one there is and says why."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from gateway import logs
from gateway.clock import Clock
from gateway.errors import GatewayError, SettingsError, Unavailable
from gateway.load import Loaded, load
from gateway.metrics import Metrics
from gateway.pipeline.alarm import Alarm
from gateway.pipeline.parts import InForce, Parts
from gateway.running.refusal import refusals
from gateway.settings.problem import Problem
from gateway.settings.snapshot import Snapshot
from gateway.settings.watching import Watch
from gateway.store import configurations, deliveries, reminders, sinks
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
    fallback: "Fallback | None" = None
    """None where those are the files that stand at the path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """An older configuration had to stand in for the files."""

    accepted_at: datetime
    """When it was accepted itself."""
    problems: tuple[Problem, ...]
    """What is wrong with the files."""
    digest: str
    """Of the files."""


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
        asked: asyncio.Event,
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
        self._asked = asked
        self._watch = Watch(origin.path)
        self._watch.mark(origin.snapshot.digest)
        self._log = logs.get("reload")
        self._state = State(digest=origin.snapshot.digest, accepted_at=clock.now())
        metrics.config_reload_success.set(1)

    async def begin(self) -> None:
        """Keeps the configuration that the gateway started with, or says that it is an old one."""
        fallback = self._origin.fallback
        if fallback is None:
            await self._keep(self._origin.snapshot)
            return
        self._state.source, self._state.accepted_at = "store", fallback.accepted_at
        self._watch.mark(fallback.digest)  # known, and known to be broken
        await self._refused(fallback.problems)

    async def __call__(self) -> Mapping[str, Any]:
        """How it went.

        Raises SettingsError where the files are no good, Unavailable where the store cannot keep
        them: then nothing changes.
        """
        async with self._one_at_a_time:
            try:
                return await self._once()
            except SettingsError as error:
                await self._refused(error.problems)
                raise
            except Unavailable:
                self._watch.mark(self._state.digest)  # so that the watch tries again
                raise
            except Exception as error:
                self._log.exception("reload broke")
                await self._refused([self._unforeseen(error)])
                raise

    async def _once(self) -> Mapping[str, Any]:
        snapshot, loaded = await asyncio.to_thread(self._read)
        is_new = snapshot.digest != self._state.digest or self._state.source != "files"
        if is_new:
            await self._accept(snapshot, loaded.parts)
        else:
            # A secret may have been changed in a file elsewhere.
            await self._store.write(partial(sinks.half_open, now=self._clock.now()))
        self._metrics.config_reload_success.set(1)
        self._state.problems = []
        status = "reloaded" if is_new else "unchanged"
        self._log.info(status, digest=snapshot.digest[:12])
        return {"status": status, "warnings": [str(each) for each in loaded.warnings]}

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
        """Reloads whenever that is asked for, or the files have changed and are quiet again."""
        while True:
            await self._clock.wait(self._asked, _LOOK_SECONDS)
            asked = self._asked.is_set()
            self._asked.clear()
            if asked or await asyncio.to_thread(self._watch.changed):
                await self._quietly()

    async def _quietly(self) -> None:
        """Reloads for somebody who does not wait for the answer."""
        try:
            await self()
        except GatewayError as error:
            self._log.warning("reload failed", error=str(error))

    def _read(self) -> tuple[Snapshot, Loaded]:
        """The configuration as it is in the files at one moment; raises SettingsError."""
        path, environ = self._origin.path, self._origin.environ
        snapshot, loaded = self._load()
        for _ in range(_READINGS):
            if Snapshot.take(path).digest == snapshot.digest:
                break
            snapshot, loaded = self._load()
        parts = self._in_force.parts
        loaded.parts.redaction.remember(parts.redaction)
        problems = refusals(parts, loaded.parts, path, environ, refuses=self._refuses)
        if problems:
            raise SettingsError(problems)
        return snapshot, loaded

    def _load(self) -> tuple[Snapshot, Loaded]:
        path, environ = self._origin.path, self._origin.environ
        snapshot = Snapshot.take(path)
        self._watch.mark(snapshot.digest)  # whatever comes of it, it was looked at
        return snapshot, load(path, environ=environ, offline=False)

    async def _accept(self, snapshot: Snapshot, parts: Parts) -> None:
        before = self._in_force.parts
        try:
            self._put_in_force(parts)
            await self._keep(snapshot)
        except Exception:
            self._put_in_force(before)
            raise

    def _put_in_force(self, parts: Parts) -> None:
        self._in_force.parts = parts
        self._applied(parts)

    async def _keep(self, snapshot: Snapshot) -> None:
        """Remembers what is in force, and has what waits judged and reminded of by it."""
        now = self._clock.now()
        accepted = Accepted(digest=snapshot.digest, accepted_at=now, files=snapshot.packed())
        repeats = {
            route: terms.repeat_interval
            for route, terms in self._in_force.parts.terms.items()
            if terms.repeat_interval is not None
        }

        def keep(connection: Connection) -> None:
            configurations.accept(connection, accepted)
            # What is held or muted may be so no longer, what was let go may have to wait.
            deliveries.rejudge(connection, "held", "muted", now=now)
            deliveries.rejudge_untried(connection, now)
            reminders.plan(connection, repeats, now)
            # It may have been a secret that was changed.
            sinks.half_open(connection, now)

        await self._store.write(keep)
        self._state = State(digest=snapshot.digest, accepted_at=now)

    def _unforeseen(self, error: Exception) -> Problem:
        text = f"an error of the gateway, see its log: {type(error).__name__}"
        return Problem(file=str(self._origin.path), line=1, column=1, path="", text=text)

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
