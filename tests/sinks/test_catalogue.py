import pytest

from gateway.sinks.catalogue import SINKS


def test_the_sinks_are_known_by_their_type() -> None:
    assert set(SINKS) == {
        "alertmanager", "apprise", "discord", "email", "googlechat", "http", "mattermost",
        "opsgenie", "pagerduty", "slack", "teams",
    }  # fmt: skip


@pytest.mark.parametrize("name", sorted(SINKS))
def test_every_settings_model_has_a_schema(name: str) -> None:
    schema = SINKS[name].settings.model_json_schema()

    assert schema["properties"]["type"]["const"] == name
    assert schema["additionalProperties"] is False
