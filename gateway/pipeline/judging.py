"""May this delivery be tried now, or is it muted, held or dropped? Decides; writes nothing."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway.model.alert import Alert
from gateway.model.delivery import Judgement, Waiting
from gateway.model.event import INTERNAL, Event
from gateway.pipeline.parts import Parts
from gateway.routing.fields import Subject
from gateway.routing.inhibition import InhibitRule, Values
from gateway.routing.silences import Silence, muting
from gateway.routing.tree import Route

INHIBITED = "inhibited"
SILENCED = "silenced"
OUTSIDE = "outside"
NEVER_OPENS = "never_opens"

# An inhibition ends when its source is fixed, which asks for a new judgement by itself; this is for
# what was missed, such as a source that retention forgot.
_LOOK_AGAIN = timedelta(hours=1)

FREE = Judgement(state="pending")

Sources = Callable[[InhibitRule, Subject], Collection[Values]]
"""The values of `equal` for which a source of the rule is open, where the target may have one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Muted:
    """Why one finding is muted, and until when; None where no time is known."""

    reason: str
    by: str
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Everything that can keep a delivery back at one moment."""

    parts: Parts
    silences: Sequence[Silence]
    sources: Sources
    now: datetime

    def of(self, waiting: Waiting, alert: Alert | None, event: Event) -> Judgement:
        """What becomes of the delivery; `alert` is None for a single finding or event."""
        if event.source == INTERNAL:
            return FREE  # the gateway's own troubles are never kept back
        if alert is None:
            single = [Subject(waiting.finding, event)] if waiting.finding is not None else []
            return self._kept_back(single, waiting.route)
        if not alert.open_entries and not alert.beyond.open:
            return self._closing(waiting)
        return self.of_open(alert)

    def of_open(self, alert: Alert) -> Judgement:
        """Whether anybody may be told now that the alert is open."""
        # Of what nobody looks at somebody should hear: more findings than that are not muted.
        looked_at = () if alert.beyond.open else alert.open_entries
        subjects = [Subject(entry.finding, entry.event) for entry in looked_at]
        return self._kept_back(subjects, alert.route)

    def muted(self, subjects: Sequence[Subject]) -> Muted | None:
        """Why all of these findings are muted, as long as the first of them is; None otherwise."""
        muted: list[Muted] = []
        for subject in subjects:
            found = self._muted(subject)
            if found is None:
                return None
            muted.append(found)
        if not muted:
            return None
        soonest = min(muted, key=lambda each: each.until or self.now + _LOOK_AGAIN)
        # An inhibition ends with its source, which asks for what is muted for that reason.
        shown = next((each for each in muted if each.reason == INHIBITED), soonest)
        return replace(shown, until=soonest.until)

    def may_keep_back(self, route: Route | None) -> bool:
        """Whether anything in force could mute or hold what the route delivers."""
        windows = route is not None and not route.window.is_always_open
        return windows or bool(self.silences) or bool(self.parts.inhibit)

    @property
    def may_keep_anything_back(self) -> bool:
        """Whether that may happen to the deliveries of any route."""
        return self.parts.tree.has_windows or self.may_keep_back(None)

    def held(self, route: Route | None) -> Judgement:
        """What the route's windows say."""
        if route is None or route.window.is_open(self.now):
            return FREE
        if route.outside == "drop":
            return Judgement(state="cancelled", reason=OUTSIDE)
        opens = route.window.opens_at(self.now)
        if opens is None:
            return replace(FREE, reason=NEVER_OPENS)
        return Judgement(state="held", reason=OUTSIDE, again_at=opens)

    def _kept_back(self, subjects: Sequence[Subject], route: str) -> Judgement:
        """Muted where all of these findings are; that wins over held."""
        muted = self.muted(subjects)
        if muted is None:
            return self.held(self.parts.tree.find(route))
        again = muted.until or self.now + _LOOK_AGAIN
        return Judgement(state="muted", reason=muted.reason, muted_by=muted.by, again_at=again)

    def _closing(self, waiting: Waiting) -> Judgement:
        """Closing is never kept back where something was opened; elsewhere only by windows."""
        sink = self.parts.sinks.get(waiting.sink)
        never_told = not waiting.told.revision and not waiting.told.tried
        if never_told or sink is None or sink.lifecycle:
            return FREE
        return self.held(self.parts.tree.find(waiting.route))

    def _muted(self, subject: Subject) -> Muted | None:
        silence = muting(self.silences, subject, self.now)
        if silence is not None:
            return Muted(reason=SILENCED, by=silence.described(), until=silence.until)
        for rule in self.parts.inhibit:
            if rule.is_target(subject) and self._is_inhibited(rule, subject):
                return Muted(reason=INHIBITED, by=rule.described(), until=None)
        return None

    def _is_inhibited(self, rule: InhibitRule, subject: Subject) -> bool:
        values = rule.values(subject)
        return values is not None and values in self.sources(rule, subject)
