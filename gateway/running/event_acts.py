"""Stored events and open alerts, walked through again or ended by hand."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from gateway.alerting.ending import ended
from gateway.model.alert import Entry
from gateway.pipeline.muting import judge_at
from gateway.pipeline.record import write
from gateway.running.acting import Acting, Item, refuse_unknown
from gateway.store import alerts, events
from gateway.store.store import Connection

_TOGETHER = 500
"""Alerts that end in one transaction."""


class EventActs(Acting):
    """Replays events and resolves alerts."""

    async def replay(self, ids: Sequence[str], *, since: datetime | None, dry_run: bool) -> Item:
        """How many stored events walk through today's rules once more.

        Raises NotFound, with nothing done, for an unknown id.
        """

        def again(connection: Connection) -> int:
            refuse_unknown(ids, events.known(connection, ids))
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
            refuse_unknown(ids, alerts.known(connection, ids))
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


def _is_of(entry: Entry, project: str | None) -> bool:
    of = entry.event.project
    return project is None or project in {of.id, of.name}
