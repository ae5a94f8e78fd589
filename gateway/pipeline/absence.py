"""What does not come any more: feeds that fall silent, projects that are not tested."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from gateway import logs
from gateway.alerting.ending import ended
from gateway.clock import Clock
from gateway.model.alert import Entry
from gateway.model.identity import NewId
from gateway.pipeline.alarm import Alarm
from gateway.pipeline.muting import judge_at
from gateway.pipeline.parts import InForce, Parts
from gateway.pipeline.record import write
from gateway.sources.source import Expected, Source
from gateway.store import alerts, feeds
from gateway.store.store import Connection, Store

# Projects that end in one transaction; the rest follows in the next.
_TOGETHER = 20

_log = logs.get("duties")


async def complain_of_silence(
    store: Store, in_force: InForce, alarm: Alarm, *, clock: Clock
) -> None:
    """Raises an alarm for the sources whose snapshots do not come as often as they should.

    One for all of them: a second one of its kind would not be heard within the hour.
    """
    expected = [each for each in in_force.parts.sources.values() if each.expect is not None]
    if not expected:
        return
    complaints = await store.write(partial(_silences, expected, clock.now()))
    if complaints:
        await alarm("feed_silent", "; ".join(complaints))


def _silences(sources: Sequence[Source], now: datetime, connection: Connection) -> list[str]:
    said: list[str] = []
    for source in sources:
        if source.expect is not None:
            feeds.expect(connection, source.name, now)
            before = now - timedelta(seconds=source.expect.every)
            said += _complaints(feeds.silent(connection, source.name, before), source.expect)
    return said


def _complaints(silent: list[feeds.Feed], expect: Expected) -> list[str]:
    of_source = [feed for feed in silent if not feed.org_id]
    of_orgs = [feed for feed in silent if feed.org_id]
    # A source that no organisation was ever heard of by is silent all the same.
    shown = (of_orgs or of_source) if expect.per == "org" else of_source
    return [
        f"{feed.source}{f', organisation {feed.org_id}' if feed.org_id else ''}: no snapshot since "
        f"{feed.seen_at:%Y-%m-%dT%H:%M:%SZ}"
        for feed in shown
    ]


async def end_gone_projects(
    store: Store, in_force: InForce, *, clock: Clock, new_id: NewId
) -> frozenset[str]:
    """The sinks that are owed the end of alerts whose projects are not tested any more."""
    sinks: set[str] = set()
    for source in in_force.parts.sources.values():
        if source.gone_after is None:
            continue
        before = clock.now() - timedelta(seconds=source.gone_after)
        projects = _TOGETHER
        while projects == _TOGETHER:
            end = partial(_end, in_force.parts, source.name, before, now=clock.now(), new_id=new_id)
            projects, told = await store.write(end)
            sinks |= told
            if projects:
                _log.info("projects are gone", source=source.name, projects=projects)
    return frozenset(sinks)


Ends = tuple[int, set[str]]
"""How many projects ended, and which sinks are owed a word of it."""


def _end(
    parts: Parts,
    source: str,
    before: datetime,
    connection: Connection,
    *,
    now: datetime,
    new_id: NewId,
) -> Ends:
    unseen = feeds.unseen_projects(connection, source, before, _TOGETHER)
    judge = judge_at(connection, parts, now)
    told: set[str] = set()
    for org_id, project_id in unseen:
        ids = alerts.open_ids(connection, project=project_id, org_id=org_id)
        changes = ended(
            alerts.open_ones(connection, ids),
            "gone",
            now=now,
            terms=parts.terms,
            resolving=parts.resolving,
            which=partial(_is_of, org_id, project_id),
        )
        write(connection, judge, changes, new_id=new_id)
        feeds.forget_project(connection, source, org_id, project_id)
        told |= {each.sink for each in changes.owed}
    return len(unseen), told


def _is_of(org_id: str, project_id: str, entry: Entry) -> bool:
    return (entry.event.org.id, entry.event.project.id) == (org_id, project_id)
