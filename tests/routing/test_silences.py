from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from gateway.errors import SettingsError
from gateway.model.event import Event, Project
from gateway.model.finding import Finding
from gateway.routing.fields import Subject
from gateway.routing.silences import (
    Silence,
    SilenceSettings,
    muting,
    parse_silence,
    silence_of,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SAID = {
    "matchers": ['project.name =~ "acme/legacy.*"'],
    "until": "2026-11-24",
    "owner": "platform",
    "reason": "being retired",
}


def subject(name: str = "acme/legacy-shop") -> Subject:
    event = Event(
        id="evt_1",
        source="snyk",
        type="project_snapshot",
        version="v0",
        received_at=NOON,
        project=Project(id="p", name=name),
    )
    return Subject(Finding(id="SNYK-1", severity="high"), event)


def silence(**changes: Any) -> Silence:
    return silence_of(SilenceSettings.model_validate({**SAID, **changes}), "sil_1")


def test_a_silence_mutes_what_its_matchers_match() -> None:
    assert silence().mutes(subject(), NOON)
    assert not silence().mutes(subject("acme/shop"), NOON)


def test_all_matchers_must_hold() -> None:
    both = silence(matchers=[*SAID["matchers"], "severity = low"])

    assert not both.mutes(subject(), NOON)


def test_a_silence_has_ended_at_the_instant_of_its_end() -> None:
    end = datetime(2026, 11, 24, tzinfo=UTC)  # a bare date is its first instant in UTC

    assert silence().mutes(subject(), end - timedelta(microseconds=1))
    assert not silence().mutes(subject(), end)
    assert silence().is_over(end)


def test_a_silence_begins_at_its_beginning() -> None:
    later = silence(**{"from": "2026-11-23T13:00:00Z"})

    assert not later.mutes(subject(), NOON)
    assert later.mutes(subject(), NOON + HOUR)
    assert (later.has_begun(NOON), later.has_begun(NOON + HOUR)) == (False, True)


@pytest.mark.parametrize("key", ["until", "owner", "reason", "matchers"])
def test_end_owner_reason_and_matchers_are_mandatory(key: str) -> None:
    with pytest.raises(ValidationError):
        SilenceSettings.model_validate({name: each for name, each in SAID.items() if name != key})


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"owner": " "}, "owner"),
        ({"until": "soon"}, "until"),
        ({"until": "2026-11-24T10:00:00"}, "until"),
        ({"until": "2026-W48"}, "until"),
        ({"until": "9999-12-31T23:59:59-14:00"}, "until"),
        ({"from": "0001-01-01T00:00:00+14:00"}, "from"),
        ({"matchers": ["new_count > 3"]}, "matchers[0]"),
        ({"matchers": []}, "matchers"),
        ({"form": "2026-11-23"}, "form"),
    ],
)
def test_a_request_is_told_everything_that_is_wrong_with_it(
    changes: dict[str, Any], path: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_silence({**SAID, **changes})

    assert [problem.path for problem in caught.value.problems] == [path]


def test_times_of_other_zones_are_kept_in_utc() -> None:
    elsewhere = silence(until="2026-11-24T01:00:00+01:00")

    assert elsewhere.until == datetime(2026, 11, 24, tzinfo=UTC)
    assert elsewhere.described().endswith("until 2026-11-24T00:00:00Z)")


def test_it_is_described_with_its_owner_reason_and_end() -> None:
    assert silence().described() == (
        "silence sil_1 (platform: being retired, until 2026-11-24T00:00:00Z)"
    )


def test_of_several_the_one_that_ends_last_is_named() -> None:
    short, long = silence(), silence(until="2026-12-01")

    assert muting([long, short], subject(), NOON) == long
    assert muting([short], subject("acme/shop"), NOON) is None
