"""What an event alone would open, and what would mute it: the store counts as empty."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cached_property

from gateway.model.identity import alert_key
from gateway.pipeline.judging import Judge, Muted
from gateway.pipeline.matching import is_dropped
from gateway.pipeline.parts import Parts
from gateway.preview.reading import skipped
from gateway.routing.fields import Subject
from gateway.routing.inhibition import InhibitRule, Values
from gateway.routing.silences import Silence
from gateway.routing.tree import Route, Taken, group

Way = tuple[Subject, Taken]
"""One finding, or the event, and a route that took it."""


class Prospect:
    """The alerts that the findings of one event would open at one time."""

    def __init__(
        self, parts: Parts, ways: Sequence[Way], silences: Sequence[Silence], at: datetime
    ) -> None:
        self._parts = parts
        self._ways = ways
        self._at = at
        self._judge = Judge(
            parts=parts,
            silences=[each for each in silences if not each.is_over(at)],
            sources=self._sources,
            now=at,
        )

    def key(self, subject: Subject, taken: Taken) -> str:
        """The key of the alert that the finding belongs to."""
        return alert_key(self._parts.instance, taken.route.name, group(taken, subject))

    def muted(self, subject: Subject, taken: Taken) -> Muted | None:
        """Why nobody would be told, None where somebody would: what shares an alert is told of.

        An alert of which nothing is open is closed, and closing is never muted.
        """
        if subject.finding is None or not (self._judge.silences or self._parts.inhibit):
            return None
        if taken.route.deliver != "alerts":
            return self._judge.muted([subject])
        return self._judge.muted(self._open.get(self.key(subject, taken), []))

    def held_until(self, route: Route) -> datetime | None:
        """When the route's window lets go what waits for it; None where nothing waits."""
        held = self._judge.held(route)
        return held.again_at if held.state == "held" else None

    @cached_property
    def _open(self) -> Mapping[str, list[Subject]]:
        """The new findings by the key of the alert in which they would be open."""
        found: defaultdict[str, list[Subject]] = defaultdict(list)
        for subject, taken in self._ways:
            if self._opens(subject, taken):
                found[self.key(subject, taken)].append(subject)
        return found

    def _opens(self, subject: Subject, taken: Taken) -> bool:
        finding, route = subject.finding, taken.route
        if finding is None or finding.change != "new" or route.deliver != "alerts":
            return False
        is_left_out = skipped(self._parts, subject.event, ignored=finding.ignored)
        return bool(route.sinks) and not is_left_out and not is_dropped(taken, self._at)

    def _sources(self, rule: InhibitRule, _target: Subject) -> Collection[Values]:
        return self._inhibiting[rule]

    @cached_property
    def _inhibiting(self) -> Mapping[InhibitRule, Collection[Values]]:
        found = [subject for some in self._open.values() for subject in some]
        return {rule: rule.inhibiting(found) for rule in self._parts.inhibit}
