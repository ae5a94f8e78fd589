"""Why an event and each of its findings go where they go."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from gateway.model.event import Event
from gateway.model.finding import Finding
from gateway.pipeline.matching import is_dropped
from gateway.pipeline.parts import Parts
from gateway.preview.prospect import Prospect
from gateway.preview.reading import skipped
from gateway.routing.fields import Subject
from gateway.routing.silences import Silence
from gateway.routing.tree import Step, Taken

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
        "event": {
            "type": event.type,
            "unreadable_issues": event.unreadable_issues,
            "path": preview.path(as_such.steps),
        },
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
        ways = [
            (Subject(finding, event), taken)
            for finding in event.findings
            for taken in self._ways[finding.id, finding.package].taken
        ]
        self._prospect = Prospect(parts, ways, silences, at)

    def of_event(self, taken: Taken) -> Item:
        """What the event as such owes under a route that took it."""
        return self._delivery(Subject(None, self._event), taken)

    def of_finding(self, finding: Finding) -> Item:
        """One finding's path and deliveries."""
        explained = self._ways[finding.id, finding.package]
        is_skipped = skipped(self._parts, self._event, ignored=finding.ignored)
        subject = Subject(finding, self._event)
        shown: Item = {
            "id": finding.id,
            "package": finding.package,
            "change": finding.change,
            "severity": finding.severity,
            "path": self.path(explained.steps),
            "deliveries": []
            if is_skipped
            else [self._delivery(subject, taken) for taken in explained.taken],
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

    def _delivery(self, subject: Subject, taken: Taken) -> Item:
        route, redacted = taken.route, self._parts.redaction
        key = self._prospect.key(subject, taken) if route.deliver == "alerts" else None
        muted = self._prospect.muted(subject, taken)
        return {
            "route": route.name,
            "deliver": route.deliver,
            "sinks": list(route.sinks),
            "alert_key": key,
            # Muted wins over held: what the window says is asked when the mute has ended.
            "held_until": None if muted else self._prospect.held_until(route),
            "muted_by": redacted(muted.by) if muted else None,
            "outside": "drop" if is_dropped(taken, self._at) else None,
            **self._more(taken),
        }

    def _more(self, taken: Taken) -> Item:
        """What only people are shown, secrets starred."""
        route, redacted = taken.route, self._parts.redaction
        waits = route.group_wait and route.deliver == "alerts"
        labels = {name: redacted(text) for name, text in taken.labels.items()}
        return {
            **({"labels": labels} if labels else {}),
            **({"group_wait": route.group_wait} if waits else {}),
            **({"failed": list(map(redacted, taken.failures))} if taken.failures else {}),
        }
