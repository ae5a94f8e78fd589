"""Stored events in, alerts and owed deliveries out; each event in one transaction."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from gateway import logs
from gateway.alerting.transition import Candidate, Changes, Known, key_of, transition
from gateway.clock import Clock
from gateway.errors import Unavailable, Unreadable
from gateway.metrics import Metrics, label
from gateway.model.event import Event
from gateway.model.identity import NewId
from gateway.model.severity import SEVERITIES
from gateway.pipeline.matching import candidates
from gateway.pipeline.parts import Parts
from gateway.store import alerts, deliveries, events, findings
from gateway.store.store import Connection, Store

# A poisonous event must not stop those behind it, nor be tried for ever.
TRIES = 3
# Wake-ups are hints; this is how late an event can be when one was lost.
_POLL_SECONDS = 5.0
_STORE_SECONDS = 1.0
_TOGETHER = 64
_LARGE = 256 * 1024

_SEVERITIES = frozenset(SEVERITIES)


class Dispatch:
    """Routes stored events, oldest first, one at a time."""

    def __init__(
        self,
        store: Store,
        parts: Parts,
        *,
        clock: Clock,
        metrics: Metrics,
        new_id: NewId,
        wake: Callable[[frozenset[str]], None],
    ) -> None:
        self._store = store
        self._parts = parts
        self._clock = clock
        self._metrics = metrics
        self._new_id = new_id
        self._wake = wake
        self._woken = asyncio.Event()
        self._log = logs.get("dispatch")

    def hint(self) -> None:
        """Says that an event was stored."""
        self._woken.set()

    async def run(self) -> None:
        """Dispatches until cancelled."""
        while True:
            self._woken.clear()
            try:
                while await self.some():
                    pass
                await self._clock.wait(self._woken, _POLL_SECONDS)
            except Unavailable as error:
                self._log.warning("store unavailable", error=str(error))
                await self._clock.sleep(_STORE_SECONDS)

    async def some(self) -> int:
        """Dispatches the oldest waiting events; how many there were."""
        waiting = await self._store.write(lambda connection: events.begin(connection, _TOGETHER))
        for each in waiting:
            await self._try(each)
        return len(waiting)

    async def _try(self, waiting: events.Waiting) -> None:
        try:
            await self.one(waiting)
        except Unavailable:
            raise
        except Unreadable as error:
            await self._give_up(waiting.id, "unreadable", str(error))
        except Exception as error:  # noqa: BLE001 - a poisonous event must not stop the others
            self._log.exception("dispatch failed", event_id=waiting.id, tries=waiting.tries)
            if waiting.tries >= TRIES:
                await self._give_up(waiting.id, "failed", f"{type(error).__name__}: {error}")

    async def _give_up(self, event_id: str, status: events.Ended, error: str) -> None:
        text = self._parts.redaction(error)[:1000]
        self._log.error("event given up", event_id=event_id, status=status, error=text)
        await self._store.write(
            lambda connection: events.fail(connection, event_id, status=status, error=text)
        )

    async def one(self, waiting: events.Waiting) -> Changes:
        """Dispatches one event: what it changed, committed."""
        event = await self._read(waiting)
        source = self._parts.sources[event.source]
        routed = candidates(event, self._parts.tree, instance=self._parts.instance)
        changes = await self._store.write(
            lambda connection: self._record(connection, event, routed, source.skip_ignored)
        )
        self._count(event, routed, changes)
        self._wake(frozenset(owed.sink for owed in changes.owed))
        return changes

    async def _read(self, waiting: events.Waiting) -> Event:
        source = self._parts.sources.get(waiting.source)
        if source is None:
            raise LookupError(f"source {waiting.source!r} is not configured any more")
        body = await self._store.read(lambda connection: events.body(connection, waiting.id))

        def read() -> Event:
            return source.read(
                body, id=waiting.id, received_at=waiting.received_at, version=waiting.version
            )

        return await asyncio.to_thread(read) if len(body) > _LARGE else read()

    def _record(
        self,
        connection: Connection,
        event: Event,
        routed: Mapping[str, Sequence[Candidate]],
        skip_ignored: bool,  # noqa: FBT001 - a setting handed on
    ) -> Changes:
        """Decides with what the store knows and writes what follows, in one transaction."""
        now = self._clock.now()
        changes = transition(
            event,
            routed,
            _known(connection, event, routed),
            now=now,
            new_id=self._new_id,
            skip_ignored=skip_ignored,
            resolving=self._parts.resolving,
        )
        events.finish(connection, event)
        findings.change(connection, changes.findings)
        alerts.save(connection, changes.alerts, entries=changes.entries, now=now)
        ids = [self._new_id("dlv", now) for _ in changes.owed]
        deliveries.owe(connection, changes.owed, now=now, new_ids=ids)
        return changes

    def _count(
        self, event: Event, routed: Mapping[str, Sequence[Candidate]], changes: Changes
    ) -> None:
        for finding in event.findings:
            self._metrics.findings.labels(
                finding.change, label(finding.severity, _SEVERITIES)
            ).inc()
        for route, number in Counter(c.route for each in routed.values() for c in each).items():
            self._metrics.routed.labels(route).inc(number)
        reasons = Counter((each.route, each.reason) for each in changes.suppressed)
        for (route, reason), number in reasons.items():
            self._metrics.suppressed.labels(route, reason).inc(number)
        self._log.info(
            "dispatched",
            event_id=event.id,
            findings=len(event.findings),
            alerts=len(changes.alerts),
            deliveries=len(changes.owed),
            suppressed=dict(Counter(each.reason for each in changes.suppressed)),
        )


def _known(
    connection: Connection, event: Event, routed: Mapping[str, Sequence[Candidate]]
) -> Known:
    keys = [key_of(finding, event) for finding in event.findings]
    named = {each.alert_key for candidates_ in routed.values() for each in candidates_}
    holding = alerts.holding(connection, keys)
    others = alerts.by_key(connection, sorted(named - {alert.key for alert in holding}))
    return Known(changes=findings.last_changes(connection, keys), alerts=[*holding, *others])
