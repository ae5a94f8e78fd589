from datetime import UTC, datetime

from gateway import samples
from gateway.codec import decode
from gateway.preview.render import render
from tests.preview.conftest import Build

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
NEW = samples.encode(samples.bodies("new-critical", at=AT)[0])


def test_every_request_is_shown_and_no_secret(build: Build) -> None:
    shown = render(build(), NEW, AT, None)

    assert [(each["sink"], each["method"]) for each in shown] == [
        ("oncall", "POST"),
        ("chat", "POST"),
    ]
    assert set(shown[0]) == {"sink", "method", "url", "headers", "body"}
    assert decode(shown[0]["body"])["priority"] == "P1"
    assert shown[1]["url"] == "https://hooks.slack.example/**********"
    assert "genie-key" not in str(shown)
    assert "hidden" not in str(shown)


def test_only_the_sink_that_is_asked_for(build: Build) -> None:
    assert [each["sink"] for each in render(build(), NEW, AT, "chat")] == ["chat"]


def test_event_without_news_makes_no_request(build: Build) -> None:
    fixed = samples.encode(samples.bodies("fixed", at=AT)[0])

    assert render(build(), fixed, AT, None) == []
