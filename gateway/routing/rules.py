"""Everything that decides who hears of what, and when: the keys of routing.yaml."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from gateway.routing.inhibition import InhibitRule, InhibitSettings, inhibit_rule
from gateway.routing.intervals import Interval, IntervalSettings, Window
from gateway.routing.settings import RootSettings
from gateway.routing.silences import Silence, SilenceSettings, silence_of
from gateway.settings.problem import Loc
from gateway.settings.section import Section
from gateway.settings.types import problem


def _interval_name(name: str) -> str:
    if not name.strip():
        raise problem("an interval needs a name, such as office-hours")
    return name


IntervalName = Annotated[str, AfterValidator(_interval_name)]
Entries = Annotated[list[IntervalSettings], Field(min_length=1)]


class Rules(Section):
    """Routes, and what holds or mutes their deliveries."""

    route: RootSettings
    time_intervals: dict[IntervalName, Entries] = Field(default_factory=dict)
    silences: list[SilenceSettings] = Field(default_factory=list)
    inhibit: list[InhibitSettings] = Field(default_factory=list)

    def intervals(self) -> Mapping[str, Interval]:
        """The named intervals."""
        return {
            name: Interval(name, tuple(entries)) for name, entries in self.time_intervals.items()
        }

    def stilled(self) -> tuple[Silence, ...]:
        """The silences; each is called by its place."""
        return tuple(
            silence_of(each, f"silence-{number}") for number, each in enumerate(self.silences, 1)
        )

    def inhibiting(self) -> tuple[InhibitRule, ...]:
        """The rules of inhibition."""
        return tuple(map(inhibit_rule, self.inhibit))

    def warnings_at(self, now: datetime) -> Iterator[tuple[Loc, str]]:
        """What has no effect any more."""
        for number, silence in enumerate(self.stilled()):
            if silence.is_over(now):
                yield ("silences", number, "until"), "has ended: take the silence out, or extend it"
        for name, interval in self.intervals().items():
            if Window((interval,)).opens_at(now) is None:
                yield (
                    ("time_intervals", name),
                    "never comes again: what waits for it is sent at once",
                )
