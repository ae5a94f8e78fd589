import pytest

from gateway.sinks.catalogue import PAGING, PRESETS, SINKS
from gateway.sinks.preset_files import BUILT_IN, read
from tests.contracts.specimens import SPECIMENS, built


def test_the_sinks_are_known_by_their_type() -> None:
    assert set(SINKS) == {
        "alertmanager", "apprise", "discord", "email", "googlechat", "http", "mattermost",
        "opsgenie", "pagerduty", "slack", "teams",
    }  # fmt: skip


def test_every_built_in_preset_is_sound() -> None:
    presets = read(BUILT_IN)

    assert presets.problems == []
    assert presets.sound.keys() == {file.stem for file in BUILT_IN.iterdir()} == PRESETS.keys()


@pytest.mark.parametrize("kind", SPECIMENS)
def test_who_wakes_people_up_is_tried_again_within_two_minutes(kind: str) -> None:
    sink = built(kind)

    assert sink.max_wait == (120.0 if sink.type in PAGING else 3600.0)


def test_rates_are_those_that_the_vendors_publish() -> None:
    rates = {kind: str(rate) for kind in SPECIMENS if (rate := built(kind).settings.rate)}

    assert rates == {
        "slack": "1/1s",
        "slack-token": "1/1s",
        "teams": "1/1s",
        "googlechat": "1/1s",
        "pagerduty": "120/60s",
    }


@pytest.mark.parametrize("name", sorted(SINKS))
def test_every_settings_model_has_a_schema(name: str) -> None:
    schema = SINKS[name].settings.model_json_schema()

    assert schema["properties"]["type"]["const"] == name
    assert schema["additionalProperties"] is False
