from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from gateway.codec import decode, encode
from gateway.model.exchange import Delivered, Message, Outcome, Refused, Response, TryAgain
from gateway.sinks.pagerduty import MAX_BYTES, Pagerduty, PagerdutySettings

KEY = "made-up-routing-key-of-32-letters"
ALIAS = "a1" * 32
ACCEPTED = Response(
    status=202, body=b'{"status":"success","message":"Event processed","dedup_key":"x"}'
)
Make = Callable[..., Message]
Run = Callable[..., tuple[list[Any], Outcome]]


def pagerduty(**settings: Any) -> Pagerduty:
    section = {"type": "pagerduty", "routing_key": KEY, **settings}
    return Pagerduty("oncall", PagerdutySettings.model_validate(section))


def sent(requests: list[Any]) -> dict[str, Any]:
    (request,) = requests
    body: dict[str, Any] = decode(request.body)
    return body


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({}, "https://events.pagerduty.com/v2/enqueue"),
        ({"region": "eu"}, "https://events.eu.pagerduty.com/v2/enqueue"),
        ({"url": "http://127.0.0.1:9/x/"}, "http://127.0.0.1:9/x/v2/enqueue"),
    ],
)
def test_each_region_has_its_address(
    message: Make, exchange: Run, settings: dict[str, str], url: str
) -> None:
    requests, outcome = exchange(pagerduty(**settings), message(), ACCEPTED)

    assert [(each.method, each.url.reveal()) for each in requests] == [("POST", url)]
    assert isinstance(outcome, Delivered)


@pytest.mark.parametrize("action", ["create", "update"])
def test_what_is_open_triggers_one_alert(message: Make, exchange: Run, action: str) -> None:
    made = {
        "summary": "Critical: Prototype Pollution",
        "source": "acme/shop",
        "component": "lodash",
        "class": "vuln",
        "custom_details": {"open": "1 critical"},
        "links": [{"href": "https://app.snyk.io/x", "text": "Open in Snyk"}, {"text": "no"}, 1],
        "unknown": 1,
    }

    requests, _ = exchange(
        pagerduty(), message(action=action, body=encode(made).decode()), ACCEPTED
    )

    assert sent(requests) == {
        "routing_key": KEY,
        "event_action": "trigger",
        "dedup_key": ALIAS,
        "client": "snyk-gateway",
        "links": [{"href": "https://app.snyk.io/x", "text": "Open in Snyk"}],
        "payload": {
            "summary": "Critical: Prototype Pollution",
            "source": "acme/shop",
            "severity": "critical",
            "component": "lodash",
            "class": "vuln",
            "custom_details": {"open": "1 critical"},
        },
    }


def test_a_close_resolves_it_and_says_no_more(message: Make, exchange: Run) -> None:
    requests, _ = exchange(pagerduty(), message(action="close"), ACCEPTED)

    assert sent(requests) == {
        "routing_key": KEY,
        "event_action": "resolve",
        "dedup_key": ALIAS,
    }


@pytest.mark.parametrize(
    ("severity", "values", "expected"),
    [
        ("critical", {}, "critical"),
        ("high", {}, "error"),
        ("medium", {}, "warning"),
        ("low", {}, "info"),
        ("", {}, "warning"),
        ("apocalyptic", {}, "warning"),
        ("low", {"severity": "critical"}, "critical"),
        ("low", {"severity": "panic"}, "info"),
    ],
)
def test_the_severity_is_the_setting_or_that_of_the_worst_finding(
    message: Make, exchange: Run, severity: str, values: dict[str, str], expected: str
) -> None:
    requests, _ = exchange(pagerduty(), message(severity=severity, values=values), ACCEPTED)

    assert sent(requests)["payload"]["severity"] == expected


def test_what_is_too_large_goes_without_its_details(message: Make, exchange: Run) -> None:
    body = encode({"summary": "é" * 2000, "custom_details": {"x": "y" * MAX_BYTES}}).decode()

    requests, _ = exchange(pagerduty(), message(body=body), ACCEPTED)

    assert len(requests[0].body) < MAX_BYTES
    assert sent(requests)["payload"]["summary"] == "é" * 1023 + "…"
    assert sent(requests)["payload"]["custom_details"] == {"left out": "more than PagerDuty takes"}
    assert len(pagerduty().faults(message(body=body))) == 2


def test_lists_of_details_are_counted_before_all_is_left_out(message: Make, exchange: Run) -> None:
    """Bytes count: two for each of these letters."""
    details = {"findings": ["é" * 1000] * 300, "open": "300 high"}
    body = encode({"summary": "s", "custom_details": details}).decode()

    requests, _ = exchange(pagerduty(), message(body=body), ACCEPTED)

    counted = {"findings": "300 more", "open": "300 high"}
    assert sent(requests)["payload"]["custom_details"] == counted


def test_nothing_makes_an_event_too_large(message: Make, exchange: Run) -> None:
    long = "é" * 100_000
    links = [{"href": f"https://x.example/{n}", "text": long} for n in range(9)]
    made = {**dict.fromkeys(("summary", "source", "component", "group", "class"), long),
            "custom_details": {"a": long, "b": [long] * 9, "c": long},
            "links": [{"href": "https://x.example/" + long}, *links]}  # fmt: skip

    requests, _ = exchange(pagerduty(), message(body=encode(made).decode()), ACCEPTED)

    assert len(requests[0].body) < 512_000
    assert [each["href"] for each in sent(requests)["links"]] == [each["href"] for each in links]


@pytest.mark.parametrize("errors", ["'routing_key' is invalid", "Invalid routing key"])
def test_a_key_that_pagerduty_refuses_refuses_every_event(
    message: Make, exchange: Run, errors: str
) -> None:
    answer = Response(status=400, body=encode({"status": "invalid event", "errors": [errors]}))

    _, outcome = exchange(pagerduty(), message(), answer)

    assert isinstance(outcome, Refused)
    assert outcome.endpoint


def test_another_kind_of_key_is_warned_of_without_being_shown() -> None:
    def warned(key: str) -> list[tuple[Any, str]]:
        section = {"type": "pagerduty", "routing_key": key}
        return PagerdutySettings.model_validate(section).warnings()

    text = "has 18 characters; a key of Events API v2 has 32"
    assert warned("u+made-up-rest-key") == [(("routing_key",), text)]
    assert warned("0123456789abcdefmadeup0123456789") == []


def test_an_event_that_pagerduty_refuses_is_dead_and_no_secret_comes_back(
    message: Make, exchange: Run
) -> None:
    body = f'{{"status":"invalid event","errors":["{KEY} is no key"]}}'.encode()

    _, outcome = exchange(pagerduty(), message(), Response(status=400, body=body))

    assert isinstance(outcome, Refused)
    assert not outcome.endpoint
    assert KEY not in outcome.detail


def test_too_many_events_wait(message: Make, exchange: Run) -> None:
    _, outcome = exchange(pagerduty(), message(), Response(status=429))

    assert isinstance(outcome, TryAgain)
    assert str(pagerduty().settings.rate) == "120/60s"


def test_a_message_that_is_no_object_is_refused_unsent(message: Make, exchange: Run) -> None:
    requests, outcome = exchange(pagerduty(), message(body="[]"), ACCEPTED)

    assert requests == []
    assert isinstance(outcome, Refused)
    assert pagerduty().faults(message(body="[]")) == ["the message is not a JSON object"]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"severity": "high"}, "critical, error, warning or info"),
        ({"region": "apac"}, "'us' or 'eu'"),
        ({"routing_key": ""}, "the secret is empty"),
    ],
)
def test_wrong_settings_are_problems(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        pagerduty(**settings)
