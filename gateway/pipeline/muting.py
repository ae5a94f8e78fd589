"""What mutes at a moment, out of configuration and store."""

from collections.abc import Collection
from datetime import datetime
from functools import cache

from gateway.pipeline.judging import Judge, Sources
from gateway.pipeline.parts import Parts
from gateway.routing.fields import Subject
from gateway.routing.inhibition import InhibitRule, Values
from gateway.routing.matcher import parse
from gateway.routing.silences import Silence
from gateway.store import alerts, silences
from gateway.store.silences import StoredSilence
from gateway.store.store import Connection


def judge_at(connection: Connection, parts: Parts, now: datetime) -> Judge:
    """The judge of one transaction: what it asks the store is read once, however often it judges.

    Sources of inhibition are read when they are first asked for: after what changed was written.
    """
    return Judge(
        parts=parts,
        silences=silences_in_force(connection, parts, now),
        sources=sources(connection),
        now=now,
    )


def silences_in_force(connection: Connection, parts: Parts, now: datetime) -> list[Silence]:
    """The configuration's silences and those made at run time that have not ended."""
    stored = [silence_of(each) for each in silences.unended(connection, now)]
    return [*(each for each in parts.silences if not each.is_over(now)), *stored]


@cache
def silence_of(stored: StoredSilence) -> Silence:
    """A silence that was made at run time."""
    return Silence(
        id=stored.id,
        matchers=tuple(map(parse, stored.matchers)),
        starts=stored.starts,
        until=stored.until,
        owner=stored.owner,
        reason=stored.reason,
        origin="runtime",
    )


def sources(connection: Connection) -> Sources:
    """Looks up sources of inhibition among the open findings, each project or organisation once.

    A rule whose `equal` names neither has all open findings looked through that are severe enough.
    """

    @cache
    def found(least: int, org_id: str | None, project_id: str | None) -> tuple[Subject, ...]:
        pairs = alerts.open_findings(connection, least=least, org_id=org_id, project_id=project_id)
        return tuple(Subject(finding, event) for finding, event in pairs)

    @cache
    def indexed(rule: InhibitRule, org_id: str | None, project_id: str | None) -> frozenset[Values]:
        return rule.inhibiting(found(rule.least_rank, org_id, project_id))

    def look_up(rule: InhibitRule, target: Subject) -> Collection[Values]:
        event = target.event
        return indexed(
            rule,
            event.org.id if "org.id" in rule.equal else None,
            event.project.id if "project.id" in rule.equal else None,
        )

    return look_up
