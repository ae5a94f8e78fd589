"""What operators do to a running gateway; every change is committed before it is answered."""

from collections.abc import Callable, Container, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from gateway import logs
from gateway.alerting.ending import ended
from gateway.clock import Clock
from gateway.errors import Misused, NotFound, SettingsError
from gateway.model.alert import Entry
from gateway.model.identity import NewId
from gateway.pipeline.judging import SILENCED
from gateway.pipeline.muting import judge_at, silences_in_force
from gateway.pipeline.parts import InForce
from gateway.pipeline.reading import Reader
from gateway.pipeline.record import write
from gateway.preview.explain import explain
from gateway.preview.routes import shown
from gateway.routing.silences import SilenceSettings, parse_silence
from gateway.running.reload import Reload
from gateway.running.sink_item import sink_item
from gateway.running.starred import starred
from gateway.store import alerts, deliveries, events, listing, redelivery, silences, sinks
from gateway.store.silences import StoredSilence
from gateway.store.sinks import SinkState
from gateway.store.store import Connection, Store

Item = Mapping[str, Any]

_MOST_IDS = 1000
"""That one answer lists; the others are counted."""
_TOGETHER = 500
"""Alerts that end in one transaction."""


class Acts:
    """Silences, resolves, replays, reloads and explains."""

    def __init__(
        self,
        store: Store,
        in_force: InForce,
        reload: Reload,
        *,
        clock: Clock,
        new_id: NewId,
        wake: Callable[[], None],
    ) -> None:
        self._store = store
        self._in_force = in_force
        self._reload = reload
        self._reader = Reader(store, in_force)
        self._clock = clock
        self._new_id = new_id
        self._wake = wake
        self._log = logs.get("admin")

    async def add_silence(self, said: Item) -> Item:
        """The new silence; raises SettingsError with whatever is wrong with it."""
        now = self._clock.now()
        settings = parse_silence(said)
        if settings.until <= now:
            raise SettingsError(["until: is over already"])
        silence = _stored(settings, self._new_id("sil", now))

        def add(connection: Connection) -> None:
            silences.add(connection, silence, now)
            deliveries.rejudge_untried(connection, now)

        await self._store.write(add)
        self._wake()
        self._log.info("silence added", silence=silence.id, owner=silence.owner)
        return await self._silence(silence.id) or {}

    async def expire_silence(self, silence_id: str) -> Item | None:
        """The silence, which has ended; None where there is none of that id.

        Raises Misused for one of the configuration.
        """
        now = self._clock.now()
        if any(each.id == silence_id for each in self._in_force.parts.silences):
            raise Misused(f"{silence_id} stands in the configuration: take it out there")

        def end(connection: Connection) -> bool:
            found = silences.expire(connection, silence_id, now)
            deliveries.rejudge(connection, "muted", now=now, reason=SILENCED)
            return found

        if not await self._store.write(end):
            return None
        self._log.info("silence expired", silence=silence_id)
        self._wake()
        return await self._silence(silence_id)

    async def reload(self) -> Item:
        """How the reload went; raises SettingsError where it was refused."""
        return await self._reload()

    async def replay(self, ids: Sequence[str], *, since: datetime | None, dry_run: bool) -> Item:
        """How many stored events walk through today's rules once more.

        Raises NotFound, with nothing done, for an unknown id.
        """

        def again(connection: Connection) -> int:
            _refuse_unknown(ids, events.known(connection, ids))
            if since is not None:
                return events.again(connection, since=since, dry_run=dry_run)
            return events.again(connection, ids=ids, dry_run=dry_run)

        number = await self._store.write(again)
        if not dry_run:
            self._log.info("replay", events=number)
            self._wake()
        return {"events": number, "dry_run": dry_run}

    async def resolve(self, ids: Sequence[str], *, project: str | None, dry_run: bool) -> Item:
        """Which open alerts an operator's word ends, wholly or as far as they are of the project.

        A project's many alerts end a few at a time, so that what arrives meanwhile need not wait.
        Raises NotFound, with nothing done, for an unknown id.
        """

        def choose(connection: Connection) -> Sequence[str]:
            if project is not None:
                return alerts.open_ids(connection, project=project)
            _refuse_unknown(ids, alerts.known(connection, ids))
            return ids

        chosen = await self._store.write(choose)
        resolved: list[str] = []
        for first in range(0, len(chosen), _TOGETHER):
            some = chosen[first : first + _TOGETHER]
            resolved += await self._store.write(
                partial(self._end, some, project=project, dry_run=dry_run)
            )
        if not dry_run:
            self._log.info("resolved by hand", alerts=len(resolved))
            self._wake()
        return {"alerts": len(resolved), "ids": resolved, "dry_run": dry_run}

    def _end(
        self, ids: Sequence[str], connection: Connection, *, project: str | None, dry_run: bool
    ) -> list[str]:
        now, parts = self._clock.now(), self._in_force.parts
        changes = ended(
            alerts.open_ones(connection, ids),
            "by_hand",
            now=now,
            terms=parts.terms,
            resolving=parts.resolving,
            which=lambda entry: _is_of(entry, project),
        )
        if not dry_run:
            write(connection, judge_at(connection, parts, now), changes, new_id=self._new_id)
        return [alert.id for alert in changes.alerts]

    async def sinks(self) -> Sequence[Item]:
        """Every sink, as it is configured and as it stands."""
        now = self._clock.now()
        states = await self._store.read(sinks.states)
        gauges = await self._store.read(lambda connection: deliveries.gauges(connection, now))
        waiting = {gauge.sink: gauge for gauge in gauges}
        return [
            self._starred(sink_item(sink, states.get(name, SinkState()), waiting.get(name), now))
            for name, sink in self._in_force.parts.sinks.items()
        ]

    async def pause(self, name: str, *, paused: bool) -> Item | None:
        """The sink, which waits from now on or goes on, with a probe; None where there is none."""
        if name not in self._in_force.parts.sinks:
            return None
        now = self._clock.now()

        def change(connection: Connection) -> None:
            sinks.pause(connection, name, paused=paused)
            if not paused:
                sinks.half_open(connection, now, name)

        await self._store.write(change)
        self._log.info("sink paused" if paused else "sink resumed", sink=name)
        self._wake()
        return next(item for item in await self.sinks() if item["name"] == name)

    async def retry(
        self, ids: Sequence[str], *, wanted: Mapping[str, str] | None, dry_run: bool
    ) -> Item:
        """Which dead deliveries are tried again, with what is so by now.

        Raises NotFound, with nothing done, for an unknown id.
        """
        return await self._chosen(ids, wanted, redelivery.dead, redelivery.retry, dry_run=dry_run)

    async def cancel(
        self, ids: Sequence[str], *, wanted: Mapping[str, str] | None, dry_run: bool
    ) -> Item:
        """Which deliveries that wait are given up.

        Raises NotFound, with nothing done, for an unknown id.
        """
        choose, act = redelivery.unfinished, redelivery.cancel
        return await self._chosen(ids, wanted, choose, act, dry_run=dry_run)

    async def _chosen(
        self,
        ids: Sequence[str],
        wanted: Mapping[str, str] | None,
        choose: Callable[..., list[str]],
        act: Callable[[Connection, Sequence[str], datetime], None],
        *,
        dry_run: bool,
    ) -> Item:
        now = self._clock.now()

        def change(connection: Connection) -> list[str]:
            _refuse_unknown(ids, redelivery.known(connection, ids))
            chosen = choose(connection, ids=ids, wanted=wanted)
            if not dry_run:
                act(connection, chosen, now)
            return chosen

        chosen = await self._store.write(change)
        if not dry_run:
            self._log.info(f"{act.__name__} by hand", deliveries=len(chosen))
            self._wake()
        return {"deliveries": len(chosen), "ids": chosen[:_MOST_IDS], "dry_run": dry_run}

    async def explain(self, event_id: str) -> Item | None:
        """Why a stored event went where it went, and what became of it; None without such one."""
        read = await self._reader.by_id(event_id)
        if read is None:
            return None
        parts, at = self._in_force.parts, read.event.received_at
        stilled = await self._store.read(
            lambda connection: silences_in_force(connection, parts, at)
        )
        explained = explain(parts, read.event, at, stilled)
        keys = [
            delivery["alert_key"]
            for finding in explained["findings"]
            for delivery in finding["deliveries"]
            if delivery["alert_key"]
        ]
        rows = await self._store.read(lambda connection: listing.became(connection, event_id, keys))
        return self._starred(with_what_became(explained, rows))

    async def config(self) -> Item:
        """Which configuration is in force, and why another is not."""
        return self._starred(self._reload.state())

    async def routes(self) -> Sequence[Item]:
        """The tree of routes, flat, in file order."""
        return [self._starred(shown(route)) for route in self._in_force.parts.tree.routes()]

    async def _silence(self, silence_id: str) -> Item | None:
        now = self._clock.now()
        silence = await self._store.read(
            lambda connection: listing.silence(connection, silence_id, now=now)
        )
        return silence and self._starred(silence)

    def _starred(self, item: Item) -> Item:
        shown: Item = starred(item, self._in_force.parts.redaction)
        return shown


def with_what_became(explained: Item, rows: Sequence[Item]) -> Item:
    """The explanation, each delivery with the stored ones that it was."""

    def joined(delivery: Item, finding: Item | None) -> Item:
        mine = [row for row in rows if _is_same(delivery, finding, row)]
        return {**delivery, "became": [_brief(row) for row in mine]}

    return {
        **explained,
        "deliveries": [joined(each, None) for each in explained["deliveries"]],
        "findings": [
            {**finding, "deliveries": [joined(each, finding) for each in finding["deliveries"]]}
            for finding in explained["findings"]
        ],
    }


def _is_same(delivery: Item, finding: Item | None, row: Item) -> bool:
    if row["deliver"] != delivery["deliver"] or row["route"] != delivery["route"]:
        return False
    if delivery["alert_key"] is not None:
        return bool(row["alert_key"] == delivery["alert_key"])
    if finding is None:
        return True
    return (row["finding"], row["package"]) == (finding["id"], finding["package"])


def _brief(row: Item) -> Item:
    names = ("id", "alert", "sink", "status", "reason", "muted_by", "tries", "next_attempt_at")
    return {name: row[name] for name in names}


def _stored(settings: SilenceSettings, silence_id: str) -> StoredSilence:
    return StoredSilence(
        id=silence_id,
        matchers=tuple(str(matcher) for matcher in settings.matchers),
        starts=settings.starts,
        until=settings.until,
        owner=settings.owner,
        reason=settings.reason,
    )


def _is_of(entry: Entry, project: str | None) -> bool:
    of = entry.event.project
    return project is None or project in {of.id, of.name}


def _refuse_unknown(ids: Sequence[str], known: Container[str]) -> None:
    unknown = [each for each in ids if each not in known]
    if unknown:
        raise NotFound(f"there is no {', '.join(unknown)}")
