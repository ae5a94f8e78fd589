"""The parts of a time interval, in Alertmanager's notation, and which moments they hold.

https://prometheus.io/docs/alerting/latest/configuration/#time_interval-0
"""

import re
from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Any, Self, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, PlainValidator, WithJsonSchema, model_validator

from gateway.settings.problem import meant
from gateway.settings.section import Section
from gateway.settings.types import problem

Range = tuple[int, int]
"""First and last, both of them within."""

WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
MONTHS = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
]  # fmt: skip
# Alertmanager's weeks begin on Sunday: `sunday:tuesday` is a range, `saturday:sunday` is none.
_WEEK = [WEEKDAYS[-1], *WEEKDAYS[:-1]]

_TIME = re.compile(r"(?:([01]\d|2[0-3]):([0-5]\d)|24:00)")
_DAY = re.compile(r"-?\d{1,2}")
_YEAR = re.compile(r"\d{4}")
_LONGEST_MONTH = 31
_LAST_MINUTE = 24 * 60
# What Go and the files of the zone database call the zone of the machine itself.
_HERE = ("Local", "localtime")


def minute(text: Any) -> int:
    """Minutes since midnight of `17:00`; `24:00` is the end of the day."""
    match = _TIME.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise problem("not a time of day; write '09:00', or '24:00' for the end of the day")
    return int(match[1]) * 60 + int(match[2]) if match[1] else _LAST_MINUTE


Minute = Annotated[
    int, PlainValidator(minute), WithJsonSchema({"type": "string", "examples": ["09:00"]})
]


class TimeRange(Section):
    """From one time of day to another; the end is not within."""

    start_time: Minute
    end_time: Minute

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.start_time >= self.end_time:
            raise problem(
                "ends before it begins; a night is two ranges: 22:00 to 24:00 and 00:00 to 06:00"
            )
        return self


def days_of(ranges: Sequence[Range], day: date) -> bool:
    """Whether the day of the month is within; negative ones count from the month's end.

    What lies beyond the end of a shorter month is cut to it, as in Alertmanager.
    """
    length = monthrange(day.year, day.month)[1]
    return any(_first(begin, length) <= day.day <= _last(end, length) for begin, end in ranges)


def _first(number: int, length: int) -> int:
    return length + number + 1 if number < 0 else number


def _last(number: int, length: int) -> int:
    return length + number + 1 if number < 0 else min(number, length)


def _range(read: Callable[[str], int], text: Any, example: str) -> Range:
    if not isinstance(text, str | int) or isinstance(text, bool):
        raise problem(f"not a range; write {example}")
    begin, colon, end = str(text).partition(":")
    first = read(begin.strip())
    return first, read(end.strip()) if colon else first


def _ordered(found: Range, text: Any) -> Range:
    if found[0] > found[1]:
        raise problem(f"{text} ends before it begins")
    return found


def _weekday(word: str) -> int:
    if word.lower() not in _WEEK:
        raise problem(f"{word!r} is no weekday{meant(word.lower(), _WEEK)}; write 'monday:friday'")
    return _WEEK.index(word.lower())


def _weekdays(text: Any) -> Range:
    found = _range(_weekday, text, "'monday:friday'")
    if found[0] > found[1]:
        raise problem(f"{text} runs over the end of the week (Sunday comes first): list the days")
    return found


def _day_number(word: str) -> int:
    number = int(word) if _DAY.fullmatch(word) else 0
    if not 1 <= abs(number) <= _LONGEST_MONTH:
        raise problem(f"{word!r} is no day of a month; write '1:5', or '-3:-1' for the last three")
    return number


def _days(text: Any) -> Range:
    begin, end = _range(_day_number, text, "'1:5'")
    if begin < 0 < end:
        raise problem(f"{text}: where the first day counts from the end, the last one must, too")
    if _first(begin, _LONGEST_MONTH) > _first(end, _LONGEST_MONTH):
        raise problem(f"{text} ends before it begins")
    return begin, end


def _month(word: str) -> int:
    if word.isdecimal() and 1 <= int(word) <= len(MONTHS):
        return int(word)
    if word.lower() not in MONTHS:
        raise problem(f"{word!r} is no month{meant(word.lower(), MONTHS)}; write 'may:august' or 5")
    return MONTHS.index(word.lower()) + 1


def _months(text: Any) -> Range:
    return _ordered(_range(_month, text, "'may:august'"), text)


def _year(word: str) -> int:
    if not _YEAR.fullmatch(word):
        raise problem(f"{word!r} is no year; write '2026:2027'")
    return int(word)


def _years(text: Any) -> Range:
    return _ordered(_range(_year, text, "'2026:2027'"), text)


def _zone(text: Any) -> ZoneInfo:
    if text in _HERE:
        raise problem(f"{text} is another zone on every machine; name one, such as Europe/London")
    try:
        return ZoneInfo(text)
    except (KeyError, OSError, ValueError, TypeError):
        raise problem(f"{text!r} is no time zone; write a name such as Europe/London") from None


def _list(value: Any) -> Any:
    if isinstance(value, str | int):
        raise problem(f"a list is expected here: [{value!r}]")
    return value


Of = TypeVar("Of")
Listed = Annotated[list[Of], BeforeValidator(_list), Field(min_length=1)]
_RANGE_SCHEMA = WithJsonSchema({"type": ["string", "integer"]})

Times = Listed[TimeRange]
Weekdays = Listed[Annotated[Range, PlainValidator(_weekdays), _RANGE_SCHEMA]]
Days = Listed[Annotated[Range, PlainValidator(_days), _RANGE_SCHEMA]]
Months = Listed[Annotated[Range, PlainValidator(_months), _RANGE_SCHEMA]]
Years = Listed[Annotated[Range, PlainValidator(_years), _RANGE_SCHEMA]]
Zone = Annotated[
    ZoneInfo,
    PlainValidator(_zone),
    WithJsonSchema({"type": "string", "examples": ["Europe/London"]}),
]


def weekday_of(day: date) -> int:
    """The day of the week, 0 for Sunday."""
    return day.isoweekday() % 7
