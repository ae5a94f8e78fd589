"""Who would hear of what, in a routing test."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from gateway import codec, samples
from gateway.model.event import Event
from gateway.model.finding import Finding
from gateway.pipeline.matching import is_dropped
from gateway.pipeline.parts import Parts
from gateway.preview.case import Case
from gateway.preview.prospect import Prospect, Way
from gateway.preview.reading import read, skipped
from gateway.routing.fields import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One finding, or the event itself, under one route that took it."""

    finding: Finding | None
    route: str = ""
    """Empty where none took it."""
    sinks: tuple[str, ...] = ()
    unheard: str = ""
    """Why nobody hears of it, though a route took it."""

    @property
    def told(self) -> str:
        """`route page → oncall, chat`."""
        route = f"route {self.route} → " if self.route else ""
        why = f" ({self.unheard})" if self.unheard else ""
        return route + (", ".join(self.sinks) or "nobody") + why


def heard(parts: Parts, case: Case) -> list[Heard]:
    """Who hears of each finding and of the event; raises OSError or Unreadable.

    What is held is heard later, so it counts; what is muted or dropped does not.
    """
    at = case.test.at
    return [each for event in _events(parts, case) for each in _of_event(parts, event, at)]


def _of_event(parts: Parts, event: Event, at: datetime) -> Iterator[Heard]:
    ways: list[Way] = []
    for subject in (Subject(None, event), *(Subject(each, event) for each in event.findings)):
        finding = subject.finding
        if finding and skipped(parts, event, ignored=finding.ignored):
            yield Heard(finding=finding, unheard="ignored")
            continue
        taken = parts.tree.walk(subject, at).taken
        ways += [(subject, each) for each in taken]
        if not taken:
            yield Heard(finding=finding)
    prospect = Prospect(parts, ways, parts.silences, at)
    for way in ways:
        yield _under(prospect, way, at)


def _under(prospect: Prospect, way: Way, at: datetime) -> Heard:
    subject, taken = way
    muted = prospect.muted(subject, taken)
    unheard = "dropped: outside its hours" if is_dropped(taken, at) else ""
    unheard = unheard or (f"muted by {muted.by}" if muted else "")
    sinks = () if unheard else taken.route.sinks
    return Heard(finding=subject.finding, route=taken.route.name, sinks=sinks, unheard=unheard)


def _events(parts: Parts, case: Case) -> Iterator[Event]:
    """Raises OSError or Unreadable."""
    choice, at = case.test.event, case.test.at
    if choice.file is not None:
        bodies = [codec.decode(Path(case.folder, choice.file).read_bytes())]
    else:
        bodies = list(samples.bodies(choice.sample or "", at=at))
    for body in bodies:
        yield read(parts, codec.encode(_merged(body, choice.model_extra or {})), at)


def _merged(body: Any, changes: Any) -> Any:
    """The body with the changes: mappings are merged, everything else is replaced."""
    if not isinstance(body, Mapping) or not isinstance(changes, Mapping):
        return changes
    return {**body, **{key: _merged(body.get(key), each) for key, each in changes.items()}}
