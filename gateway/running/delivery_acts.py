"""Sinks that an operator has wait or go on, and deliveries that are tried again or given up."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from gateway.running.acting import Acting, Item, refuse_unknown
from gateway.running.sink_item import sink_item
from gateway.store import deliveries, redelivery, sinks
from gateway.store.sinks import SinkState
from gateway.store.store import Connection

_MOST_IDS = 1000
"""That one answer lists; the others are counted."""


class DeliveryActs(Acting):
    """Pauses sinks, and retries and cancels deliveries."""

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
            refuse_unknown(ids, redelivery.known(connection, ids))
            chosen = choose(connection, ids=ids, wanted=wanted)
            if not dry_run:
                act(connection, chosen, now)
            return chosen

        chosen = await self._store.write(change)
        if not dry_run:
            self._log.info(f"{act.__name__} by hand", deliveries=len(chosen))
            self._wake()
        return {"deliveries": len(chosen), "ids": chosen[:_MOST_IDS], "dry_run": dry_run}
