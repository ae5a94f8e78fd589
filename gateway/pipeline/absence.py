"""What does not come any more: feeds that fall silent, projects that are not tested."""

from datetime import datetime, timedelta

from gateway import logs
from gateway.alerting.ending import ended
from gateway.clock import Clock
from gateway.model.alert import Entry
from gateway.model.identity import NewId
from gateway.pipeline.alarm import Alarm
from gateway.pipeline.muting import judge_at
from gateway.pipeline.parts import InForce, Parts
from gateway.pipeline.record import write
from gateway.sources.source import Expected
from gateway.store import alerts, feeds
from gateway.store.store import Connection, Store

# Projects that end in one transaction; the rest follows in the next.
_TOGETHER = 20

_log = logs.get("duties")


async def complain_of_silence(
    store: Store, in_force: InForce, alarm: Alarm, *, clock: Clock
) -> None:
    """Raises an alarm for each source whose snapshots do not come as often as they should."""
    now = clock.now()
    for source in in_force.parts.sources.values():
        if source.expect is None:
            continue
        name, expect = source.name, source.expect
        await store.write(lambda connection, name=name: feeds.expect(connection, name, now))  # type: ignore[misc]  # mypy cannot infer lambdas with defaults
        before = now - timedelta(seconds=expect.every)
        silent = await store.read(
            lambda connection, name=name, before=before: feeds.silent(connection, name, before)  # type: ignore[misc]  # the same
        )
        text = _complaint(silent, expect)
        if text:
            await alarm("feed_silent", text)


def _complaint(silent: list[feeds.Feed], expect: Expected) -> str:
    of_source = [feed for feed in silent if not feed.org_id]
    of_orgs = [feed for feed in silent if feed.org_id]
    # A source that no organisation was ever heard of by is silent all the same.
    shown = (of_orgs or of_source) if expect.per == "org" else of_source
    said = [
        f"{feed.source}{f', organisation {feed.org_id}' if feed.org_id else ''}: no snapshot since "
        f"{feed.seen_at:%Y-%m-%dT%H:%M:%SZ}"
        for feed in shown
    ]
    return "; ".join(said)


async def end_gone_projects(
    store: Store, in_force: InForce, *, clock: Clock, new_id: NewId
) -> frozenset[str]:
    """The sinks that are owed the end of alerts whose projects are not tested any more."""
    sinks: set[str] = set()
    for source in in_force.parts.sources.values():
        if source.gone_after is None:
            continue
        before = clock.now() - timedelta(seconds=source.gone_after)
        while True:
            parts, name = in_force.parts, source.name

            def end(connection: Connection, parts: Parts = parts, name: str = name) -> Ends:
                return _end(connection, parts, name, before, now=clock.now(), new_id=new_id)  # noqa: B023 - run before the loop goes on

            projects, told = await store.write(end)
            sinks |= told
            if not projects:
                break
            _log.info("projects are gone", source=source.name, projects=projects)
    return frozenset(sinks)


Ends = tuple[int, set[str]]
"""How many projects ended, and which sinks are owed a word of it."""


def _end(
    connection: Connection,
    parts: Parts,
    source: str,
    before: datetime,
    *,
    now: datetime,
    new_id: NewId,
) -> Ends:
    unseen = feeds.unseen_projects(connection, source, before, _TOGETHER)
    judge = judge_at(connection, parts, now)
    told: set[str] = set()
    for org_id, project_id in unseen:

        def is_of_project(entry: Entry, org_id: str = org_id, project_id: str = project_id) -> bool:
            return (entry.event.org.id, entry.event.project.id) == (org_id, project_id)

        changes = ended(
            alerts.open_ones(
                connection, alerts.open_ids(connection, project=project_id, org_id=org_id)
            ),
            "gone",
            now=now,
            terms=parts.terms,
            resolving=parts.resolving,
            which=is_of_project,
        )
        write(connection, judge, changes, new_id=new_id)
        feeds.forget_project(connection, source, org_id, project_id)
        told |= {each.sink for each in changes.owed}
    return len(unseen), told
