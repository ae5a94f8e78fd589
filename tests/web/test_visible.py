from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.web.visible import utc, visible


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("plain", "plain"),
        ("größer 日本語 🔥", "größer 日本語 🔥"),
        ("a\u202egnp.exe", r"a\u202egnp.exe"),
        ("\u2066x\u2069", r"\u2066x\u2069"),
        ("zero\u200bwidth", r"zero\u200bwidth"),
        ("\x1b[31m\x00", r"\x1b[31m\x00"),
        ("\ud800", r"\ud800"),
        ("two\nlines", "two\nlines"),
    ],
)
def test_what_cannot_be_seen_is_escaped(text: str, seen: str) -> None:
    assert visible(text) == seen


@settings(max_examples=200)
@given(st.text(st.characters()))
def test_whatever_comes_can_be_seen_and_sent(text: str) -> None:
    seen = visible(text)

    assert all(each.isprintable() or each in "\n\t" for each in seen)
    seen.encode()


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 24, 4, 0, 5, tzinfo=UTC),
        datetime(2026, 11, 24, 6, 0, 5, tzinfo=timezone(timedelta(hours=2))),
        "2026-11-24T04:00:05Z",
        "2026-11-24T05:00:05.123+01:00",
    ],
)
def test_times_are_in_utc(moment: object) -> None:
    assert utc(moment) == "2026-11-24 04:00:05 UTC"


def test_what_is_no_time_stays() -> None:
    assert utc("soon") == "soon"
