import pytest

from gateway.sinks.catalogue import PRESETS, SINKS
from gateway.sinks.preset_files import BUILT_IN, read


def test_the_sinks_are_known_by_their_type() -> None:
    assert set(SINKS) == {
        "alertmanager", "apprise", "discord", "email", "googlechat", "http", "mattermost",
        "opsgenie", "pagerduty", "slack", "teams",
    }  # fmt: skip


def test_every_built_in_preset_is_sound() -> None:
    presets = read(BUILT_IN)

    assert presets.problems == []
    assert presets.sound.keys() == {file.stem for file in BUILT_IN.iterdir()} == PRESETS.keys()


@pytest.mark.parametrize("name", sorted(SINKS))
def test_every_settings_model_has_a_schema(name: str) -> None:
    schema = SINKS[name].settings.model_json_schema()

    assert schema["properties"]["type"]["const"] == name
    assert schema["additionalProperties"] is False
