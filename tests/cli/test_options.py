from datetime import UTC, datetime, timedelta, timezone

import pytest
import typer

from gateway.cli.options import either, lasting, moment, written


@pytest.mark.parametrize(
    "text",
    ["2026-11-23T10:00:00Z", "2026-11-23T11:00:00+01:00", "2026-11-23 10:00", "2026-11-23T10"],
)
def test_a_moment_is_in_utc(text: str) -> None:
    assert moment(text) == datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "noon", "2026-13-01", "0001-01-01T00:00:00+14:00"])
def test_what_is_no_time_says_how_to_write_one(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="write 2026-11-23T10:00:00Z"):
        moment(text)


def test_a_moment_is_written_in_utc() -> None:
    there = timezone(timedelta(hours=1))

    assert written(datetime(2026, 11, 23, 11, tzinfo=there)) == "2026-11-23T10:00:00Z"


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("2h", 7200), ("1d12h", 129_600)])
def test_how_long_something_lasts_is_written_as_in_the_configuration(
    text: str, seconds: int
) -> None:
    assert lasting(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "2", "two hours", "-1h", "99999999999999d"])
def test_what_is_no_duration_says_how_to_write_one(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="write 30m, 2h or 7d"):
        lasting(text)


@pytest.mark.parametrize(("one", "other"), [("a", "b"), (None, None), ([], "")])
def test_exactly_one_of_two_must_be_given(one: object, other: object) -> None:
    with pytest.raises(typer.BadParameter, match="give this or that"):
        either(one, other, "give this or that")
