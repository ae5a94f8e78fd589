"""Why an event and each of its findings go where they go."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.model.event import Event
from gateway.model.finding import Finding
from gateway.model.identity import alert_key
from gateway.pipeline.judging import Judge
from gateway.pipeline.matching import is_dropped
from gateway.pipeline.parts import Parts
from gateway.preview.reading import skipped
from gateway.routing.fields import Subject
from gateway.routing.inhibition import InhibitRule
from gateway.routing.silences import Silence
from gateway.routing.tree import Step, Taken, group

Item = dict[str, Any]


def explain(
    parts: Parts, event: Event, at: datetime, silences: Sequence[Silence] | None = None
) -> Item:
    """Where the event and each finding go at that time, why, and what each would owe to whom.

    Routes and deliveries are in file order; the store counts as empty. `silences` are those of the
    configuration unless given.
    """
    preview = _Preview(parts, event, at, parts.silences if silences is None else silences)
    as_such = parts.tree.explain(Subject(None, event), at)
    return {
        "event": {"type": event.type, "path": preview.path(as_such.steps)},
        "deliveries": [preview.of_event(taken) for taken in as_such.taken],
        "findings": [preview.of_finding(finding) for finding in event.findings],
    }


def bare(explanation: Item) -> Item:
    """The explanation in the form that programs may rely on: these keys, and no others."""
    return {
        "event": _picked(explanation["event"], ("type",)),
        "deliveries": [_picked(each, _DELIVERY) for each in explanation["deliveries"]],
        "findings": [
            {
                **{key: each for key, each in finding.items() if key not in {"path", "deliveries"}},
                "path": [_picked(step, ("route", "matched", "why")) for step in finding["path"]],
                "deliveries": [_picked(each, _DELIVERY) for each in finding["deliveries"]],
            }
            for finding in explanation["findings"]
        ],
    }


_DELIVERY = ("route", "deliver", "sinks", "alert_key", "held_until", "muted_by", "outside")


def _picked(item: Item, keys: Iterable[str]) -> Item:
    return {key: item[key] for key in keys}


class _Preview:
    """What one event would do at one time."""

    def __init__(
        self, parts: Parts, event: Event, at: datetime, silences: Sequence[Silence]
    ) -> None:
        self._parts = parts
        self._event = event
        self._at = at
        self._ways = {
            (finding.id, finding.package): parts.tree.explain(Subject(finding, event), at)
            for finding in event.findings
        }
        self._members = self._by_alert()
        self._judge = Judge(
            parts=parts,
            silences=[each for each in silences if not each.is_over(at)],
            sources=self._sources,
            now=at,
        )

    def of_event(self, taken: Taken) -> Item:
        """What the event as such owes under a route that took it."""
        return self._delivery(taken, [], None)

    def of_finding(self, finding: Finding) -> Item:
        """One finding's path and deliveries."""
        explained = self._ways[finding.id, finding.package]
        is_skipped = skipped(self._parts, self._event, ignored=finding.ignored)
        shown: Item = {
            "id": finding.id,
            "package": finding.package,
            "change": finding.change,
            "severity": finding.severity,
            "path": self.path(explained.steps),
            "deliveries": []
            if is_skipped
            else [self._of_route(finding, taken) for taken in explained.taken],
        }
        return {**shown, "skipped": "ignored"} if is_skipped else shown

    def path(self, steps: Iterable[Step]) -> list[Item]:
        """The routes that were judged on the way, secrets starred."""
        return [
            {
                "route": step.route.name,
                "depth": step.route.depth,
                "matched": step.matched,
                "why": self._parts.redaction(step.why),
            }
            for step in steps
        ]

    def _of_route(self, finding: Finding, taken: Taken) -> Item:
        subject = Subject(finding, self._event)
        if taken.route.deliver != "alerts":
            return self._delivery(taken, [subject], None)
        key = self._key(taken, subject)
        return self._delivery(taken, self._members.get(key, [subject]), key)

    def _delivery(self, taken: Taken, subjects: Sequence[Subject], key: str | None) -> Item:
        route = taken.route
        muted = self._judge.muted(subjects) if subjects else None
        held = self._judge.held(route)
        return {
            "route": route.name,
            "deliver": route.deliver,
            "sinks": list(route.sinks),
            "alert_key": key,
            "held_until": held.again_at if held.state == "held" else None,
            "muted_by": self._parts.redaction(muted.by) if muted else None,
            "outside": "drop" if is_dropped(taken, self._at) else None,
            **({"labels": dict(taken.labels)} if taken.labels else {}),
            **({"group_wait": route.group_wait} if route.group_wait and key else {}),
            **({"failed": list(taken.failures)} if taken.failures else {}),
        }

    def _by_alert(self) -> Mapping[str, list[Subject]]:
        """By alert key the new findings that would share the alert: they are muted together."""
        members: defaultdict[str, list[Subject]] = defaultdict(list)
        for finding in self._event.findings:
            if finding.change != "new" or skipped(
                self._parts, self._event, ignored=finding.ignored
            ):
                continue
            subject = Subject(finding, self._event)
            for taken in self._ways[finding.id, finding.package].taken:
                if taken.route.deliver == "alerts" and not is_dropped(taken, self._at):
                    members[self._key(taken, subject)].append(subject)
        return members

    def _key(self, taken: Taken, subject: Subject) -> str:
        return alert_key(self._parts.instance, taken.route.name, group(taken, subject))

    def _sources(self, _rule: InhibitRule, _target: Subject) -> Iterable[Subject]:
        """What the event itself would open: nothing else is open here."""
        return [subject for some in self._members.values() for subject in some]
