from datetime import UTC, datetime
from pathlib import Path

from gateway import samples
from gateway.codec import decode
from gateway.load import load
from gateway.model.secret import STARS
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


def test_what_is_ignored_makes_no_request(tmp_path: Path) -> None:
    rules = "route: {sinks: [siem], deliver: findings}\n"
    sinks = "sinks: {siem: {type: http, url: 'https://siem.example/ingest'}}\n"
    secrets = "sources: {snyk: {type: snyk, secrets: [a-secret-of-sixteen-or-more]}}\n"
    (tmp_path / "gateway.yaml").write_text(secrets + sinks + rules)
    parts = load(tmp_path, environ={}, offline=False).parts

    shown = render(parts, samples.encode(samples.bodies("new-mixed", at=AT)[0]), AT, None)

    ids = [decode(each["body"])["finding"]["id"] for each in shown]
    assert len(ids) == 5
    assert "SNYK-JS-ACMECACHE-5" not in ids


def test_a_key_in_a_body_is_starred(tmp_path: Path) -> None:
    key = "0123456789abcdefmadeup0123456789"
    rules = "route: {sinks: [pager], group_by: [finding]}\n"
    sinks = f"sinks: {{pager: {{type: pagerduty, routing_key: {key}}}}}\n"
    secrets = "sources: {snyk: {type: snyk, secrets: [a-secret-of-sixteen-or-more]}}\n"
    (tmp_path / "gateway.yaml").write_text(secrets + sinks + rules)
    parts = load(tmp_path, environ={}, offline=False).parts

    (shown,) = render(parts, NEW, AT, None)

    assert decode(shown["body"])["routing_key"] == STARS
    assert key not in str(shown)
