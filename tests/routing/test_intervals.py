import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.routing.intervals import Interval, IntervalSettings, Window

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
OFFICE = {
    "times": [{"start_time": "09:00", "end_time": "17:00"}],
    "weekdays": ["monday:friday"],
    "location": "Europe/London",
}


def interval(*entries: dict[str, Any]) -> Interval:
    return Interval("named", tuple(IntervalSettings.model_validate(each) for each in entries))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def times(start: str, end: str) -> dict[str, Any]:
    return {"times": [{"start_time": start, "end_time": end}]}


@pytest.mark.parametrize(
    ("moment", "within"),
    [
        ("2026-11-23 08:59:59", False),
        ("2026-11-23 09:00:00", True),
        ("2026-11-23 16:59:59", True),
        ("2026-11-23 17:00:00", False),
        ("2026-11-28 12:00:00", False),
        ("2026-07-06 08:00:00", True),
        ("2026-07-06 16:00:00", False),
    ],
)
def test_office_hours_follow_the_clock_on_the_wall(moment: str, within: bool) -> None:
    assert interval(OFFICE).contains(at(moment)) is within


@pytest.mark.parametrize(
    ("entry", "moment", "within"),
    [
        (times("22:00", "24:00"), "2026-11-23 23:59:59", True),
        (times("22:00", "24:00"), "2026-11-24 00:00:00", False),
        ({"weekdays": ["saturday", "sunday"]}, "2026-11-29 12:00:00", True),
        ({"weekdays": ["Sunday:Tuesday"]}, "2026-11-24 12:00:00", True),
        ({"weekdays": ["sunday:tuesday"]}, "2026-11-25 12:00:00", False),
        ({"days_of_month": ["1:5"]}, "2026-11-05 12:00:00", True),
        ({"days_of_month": [1]}, "2026-11-02 12:00:00", False),
        ({"days_of_month": ["-3:-1"]}, "2026-11-27 12:00:00", False),
        ({"days_of_month": ["-3:-1"]}, "2026-11-28 12:00:00", True),
        ({"days_of_month": ["-1"]}, "2028-02-29 12:00:00", True),
        ({"days_of_month": ["-1"]}, "2027-02-28 12:00:00", True),
        ({"days_of_month": ["31"]}, "2026-11-30 12:00:00", False),
        ({"days_of_month": ["29:31"]}, "2027-02-28 12:00:00", False),
        ({"days_of_month": ["20:31"]}, "2027-02-28 12:00:00", True),
        ({"days_of_month": ["1:-1"]}, "2027-02-28 12:00:00", True),
        ({"days_of_month": ["-31:-1"]}, "2027-02-01 12:00:00", True),
        ({"months": ["may:august", "december"]}, "2026-06-01 12:00:00", True),
        ({"months": [11]}, "2026-11-01 12:00:00", True),
        ({"months": ["november"]}, "2026-10-31 23:59:59", False),
        ({"years": [2026]}, "2026-12-31 23:59:59", True),
        ({"years": ["2024:2025"]}, "2026-01-01 00:00:00", False),
        ({"years": [2027], "location": "Asia/Tokyo"}, "2026-12-31 15:00:00", True),
    ],
    ids=str,
)
def test_each_part_is_read_as_alertmanager_reads_it(
    entry: dict[str, Any], moment: str, within: bool
) -> None:
    assert interval(entry).contains(at(moment)) is within


def test_a_moment_is_within_where_any_entry_says_so() -> None:
    night = interval(times("22:00", "24:00"), times("00:00", "06:00"))

    assert [night.contains(at(f"2026-11-23 {hour}:00")) for hour in ("23", "05", "12")] == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("moment", "within"),
    [
        # 2026-03-29: 01:00 becomes 02:00; 01:30 is never shown.
        ("2026-03-29 00:59", False),
        ("2026-03-29 01:00", False),
        # 2026-10-25: 02:00 becomes 01:00; 01:30 is shown twice.
        ("2026-10-25 00:30", True),
        ("2026-10-25 01:30", True),
        ("2026-10-25 02:00", False),
    ],
)
def test_an_hour_that_is_skipped_or_doubled_is_taken_as_the_wall_shows_it(
    moment: str, within: bool
) -> None:
    hour = interval({**times("01:00", "02:00"), "location": "Europe/London"})

    assert hour.contains(at(moment)) is within


def test_without_intervals_a_window_is_always_open() -> None:
    assert Window().is_always_open
    assert Window().opens_at(at("2026-11-23 03:00")) == at("2026-11-23 03:00")


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-11-23 12:00", "2026-11-23 12:00"),
        ("2026-11-23 17:00", "2026-11-24 09:00"),
        ("2026-11-27 18:00", "2026-11-30 09:00"),
        ("2026-07-03 18:00", "2026-07-06 08:00"),
        ("2026-03-27 18:00", "2026-03-30 08:00"),
    ],
)
def test_a_window_opens_when_the_office_does(now: str, opens: str) -> None:
    assert Window((interval(OFFICE),)).opens_at(at(now)) == at(opens)


def test_a_mute_interval_wins_over_an_active_one() -> None:
    lunch = interval({**times("12:00", "13:00"), "location": "Europe/London"})
    window = Window((interval(OFFICE),), (lunch,))

    assert window.opens_at(at("2026-11-23 12:30")) == at("2026-11-23 13:00")
    assert window.opens_at(at("2026-11-23 08:00")) == at("2026-11-23 09:00")


def test_a_window_that_is_over_for_good_never_opens() -> None:
    assert Window((interval({"years": [2025]}),)).opens_at(at("2026-01-01 00:00")) is None


def test_a_leap_day_is_found_years_ahead() -> None:
    leap = interval({"days_of_month": ["29"], "months": ["february"]})

    assert Window((leap,)).opens_at(at("2026-11-23 12:00")) == at("2028-02-29 00:00")


@pytest.mark.parametrize("asked", ["2026-11-23 18:00", "2026-11-27 18:00", "2026-11-22 12:00"])
def test_what_was_found_once_does_not_stand_for_another_time(asked: str) -> None:
    window = Window((interval(OFFICE),))
    window.opens_at(at("2026-11-23 17:00"))

    assert window.opens_at(at(asked)) == Window((interval(OFFICE),)).opens_at(at(asked))


def test_a_window_is_not_searched_again_for_what_it_does_not_hold() -> None:
    asked: list[datetime] = []

    class Counted(Window):
        def _changes(self, now: datetime) -> Iterator[datetime]:
            asked.append(now)
            return iter(())

    window = Counted(mute=(interval(times("00:00", "24:00")),))
    now = at("2026-11-23 12:00")

    assert [window.opens_at(now + number * MINUTE) for number in range(100)] == [None] * 100
    assert asked == [now]
    assert window.opens_at(now + DAY) is None
    assert asked == [now, now + DAY]


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (times("24:00", "24:00"), "ends before it begins"),
        (times("22:00", "06:00"), "a night is two ranges"),
        ({"weekdays": ["friday:monday"]}, "runs over the end of the week"),
        ({"weekdays": [1]}, "no weekday"),
        ({"days_of_month": ["32"]}, "no day of a month"),
        ({"days_of_month": ["5:1"]}, "ends before it begins"),
        ({"days_of_month": ["-1:-3"]}, "ends before it begins"),
        ({"days_of_month": [True]}, "not a range"),
        ({"months": ["augst"]}, "did you mean 'august'?"),
        ({"months": ["may:april"]}, "ends before it begins"),
        ({"years": ["2027:2026"]}, "ends before it begins"),
        ({"years": 2026}, "a list is expected"),
        ({"years": [2026], "location": "localtime"}, "another zone on every machine"),
        ({"years": [2026], "location": ""}, "no time zone"),
        ({"location": "Europe/London"}, "holds every moment"),
    ],
    ids=str,
)
def test_what_holds_no_moment_or_any_is_a_problem(entry: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(why)):
        interval(entry)


ZONES = [
    "UTC", "Europe/London", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe",
    "Africa/Cairo",
]  # fmt: skip
STARTS = [
    at(f"{day} 12:00")
    for day in (
        "2026-03-07", "2026-03-28", "2026-04-23", "2026-10-24", "2026-10-29", "2026-10-31",
        "2026-11-23",
    )
]  # fmt: skip
"""On the eves of the days on which those clocks are turned, and of one on which none is."""


@st.composite
def entries(draw: st.DrawFn) -> dict[str, Any]:
    start, end = sorted(draw(st.lists(st.integers(0, 96), min_size=2, max_size=2, unique=True)))
    entry: dict[str, Any] = {
        "times": [
            {
                "start_time": f"{start // 4:02}:{start % 4 * 15:02}",
                "end_time": f"{end // 4:02}:{end % 4 * 15:02}",
            }
        ],
        "location": draw(st.sampled_from(ZONES)),
    }
    if draw(st.booleans()):
        entry["weekdays"] = draw(
            st.lists(st.sampled_from(["saturday", "sunday", "monday"]), min_size=1, unique=True)
        )
    return entry


windows = st.builds(
    lambda active, mute: Window(tuple(map(interval, active)), tuple(map(interval, mute))),
    st.lists(entries(), max_size=2),
    st.lists(entries(), max_size=2),
)


@settings(max_examples=60, deadline=None)
@given(windows, st.sampled_from(STARTS), st.integers(0, 36 * 60))
def test_a_window_opens_at_the_first_minute_at_which_it_is_open(
    window: Window, start: datetime, later: int
) -> None:
    now = start + later * MINUTE
    minutes = (now + number * MINUTE for number in range(60 * 24 * 2))

    first = next((minute for minute in minutes if window.is_open(minute)), None)

    opens = window.opens_at(now)
    if first is None:
        assert opens is None or opens >= now + 2 * DAY
    else:
        assert opens == first
