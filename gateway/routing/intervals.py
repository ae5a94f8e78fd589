"""When a route tells: named time intervals, and the windows that they make."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from gateway.routing.calendar import (
    Days,
    Months,
    Range,
    Times,
    Weekdays,
    Years,
    Zone,
    days_of,
    weekday_of,
)
from gateway.settings.section import Section
from gateway.settings.types import problem

_UTC = ZoneInfo("UTC")
_DAY = timedelta(days=1)
# A window that does not open within this time is said never to open again: a leap day comes
# every four years, but once in eight around 1900 and 2100.
_HORIZON = 366 * 8


class IntervalSettings(Section):
    """One entry of a named interval; a moment is within where every part of it says so."""

    times: Times | None = None
    weekdays: Weekdays | None = None
    days_of_month: Days | None = None
    months: Months | None = None
    years: Years | None = None
    location: Zone = Field(default=_UTC)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.times or self.weekdays or self.days_of_month or self.months or self.years):
            raise problem(
                "holds every moment; write times, weekdays, days_of_month, months or years"
            )
        return self

    def contains(self, moment: datetime) -> bool:
        """Whether the moment is within, by the clock on the wall of the location."""
        local = moment.astimezone(self.location)
        return self.holds_day(local.date()) and self._holds_time(local.hour * 60 + local.minute)

    def holds_day(self, day: date) -> bool:
        """Whether the day is within, as far as its date says."""
        return (
            (self.days_of_month is None or days_of(self.days_of_month, day))
            and _within(self.weekdays, weekday_of(day))
            and _within(self.months, day.month)
            and _within(self.years, day.year)
        )

    @property
    def boundaries(self) -> frozenset[int]:
        """Minutes since midnight at which it may begin or end on a day."""
        found = {0}
        for each in self.times or ():
            found |= {each.start_time, each.end_time}
        return frozenset(found)

    def _holds_time(self, minute: int) -> bool:
        if self.times is None:
            return True
        return any(each.start_time <= minute < each.end_time for each in self.times)


@dataclass(frozen=True, slots=True)
class Interval:
    """A named interval: a moment is within where any of its entries says so."""

    name: str
    entries: tuple[IntervalSettings, ...]

    def contains(self, moment: datetime) -> bool:
        """Whether the moment is within."""
        return any(entry.contains(moment) for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Window:
    """The moments at which a route tells; without intervals, all of them."""

    active: tuple[Interval, ...] = ()
    mute: tuple[Interval, ...] = ()
    _closed: list[tuple[datetime, datetime | None]] = field(
        default_factory=list, init=False, compare=False, repr=False
    )
    """What the last search began with and found."""

    @property
    def is_always_open(self) -> bool:
        """Whether no interval has a say."""
        return not (self.active or self.mute)

    def is_open(self, now: datetime) -> bool:
        """Whether now is within any active interval, where there are some, and in no mute one."""
        if self.active and not any(each.contains(now) for each in self.active):
            return False
        return not any(each.contains(now) for each in self.mute)

    def opens_at(self, now: datetime) -> datetime | None:
        """Now where it is open, else the first moment when it is; None where none is to come."""
        if self.is_open(now):
            return now
        # One search does for all that wait: looking for what never comes takes long.
        for since, opens in self._closed:
            if since <= now < (opens or since + _DAY):
                return opens
        found = next((moment for moment in self._changes(now) if self.is_open(moment)), None)
        self._closed[:] = [(now, found)]
        return found

    def _changes(self, now: datetime) -> Iterator[datetime]:
        """Every moment after now, in order, at which it may open or close."""
        first = now.astimezone(UTC).date() - _DAY
        entries = [entry for each in (*self.active, *self.mute) for entry in each.entries]
        zones = {entry.location for entry in entries}
        minutes = frozenset().union(*(entry.boundaries for entry in entries))
        for day in (first + timedelta(days=number) for number in range(_HORIZON)):
            if self._may_open(day):
                # A day in UTC is part of several days elsewhere.
                days = (day - _DAY, day, day + _DAY)
                found = {
                    m for zone in zones for each in days for m in _moments(zone, minutes, each)
                }
                yield from sorted(each for each in found if each.date() == day and each > now)

    def _may_open(self, day: date) -> bool:
        """Whether a day, or one that begins within it somewhere, holds any active moment."""
        days = (day - _DAY, day, day + _DAY)
        active = [entry for each in self.active for entry in each.entries]
        return not active or any(entry.holds_day(each) for entry in active for each in days)


def _within(ranges: list[Range] | None, number: int) -> bool:
    return ranges is None or any(first <= number <= last for first, last in ranges)


def _moments(zone: ZoneInfo, minutes: frozenset[int], day: date) -> Iterator[datetime]:
    """When the wall clock shows these times on that day: twice, where it is turned back."""
    midnight = datetime.combine(day, time())
    for minute in minutes:
        shown = midnight + timedelta(minutes=minute)
        for fold in (0, 1):
            yield shown.replace(tzinfo=zone, fold=fold).astimezone(UTC)
    turned = _turned(zone, day)
    if turned is not None:
        yield turned


def _turned(zone: ZoneInfo, day: date) -> datetime | None:
    """When the clock of the zone is turned on that day (in UTC), None where it is not."""
    early = datetime.combine(day, time(), UTC)
    late = early + _DAY
    before = early.astimezone(zone).utcoffset()
    if late.astimezone(zone).utcoffset() == before:
        return None
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) // 2
        if middle.astimezone(zone).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0)
