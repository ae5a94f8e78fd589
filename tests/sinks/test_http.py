import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from gateway.model.exchange import Delivered, Message, Outcome, Refused, Response
from gateway.settings.secrets import Secret
from gateway.sinks.http import Http, HttpSettings

URL = "https://siem.example/ingest"
SECRET = "whsec_" + base64.b64encode(b"made-up-signing-secret-1").decode()
OTHER = "whsec_" + base64.b64encode(b"made-up-signing-secret-2").decode()
OK = Response(status=200)
Make = Callable[..., Message]
Run = Callable[..., tuple[list[Any], Outcome]]


def http(**settings: Any) -> Http:
    return Http("siem", HttpSettings.model_validate({"type": "http", "url": URL, **settings}))


def test_the_bytes_of_the_template_go_out_under_the_delivery_s_identity(
    message: Make, exchange: Run
) -> None:
    requests, outcome = exchange(http(), message(body='{"a":"é"}'), OK)

    assert (requests[0].method, requests[0].url.reveal()) == ("POST", URL)
    assert requests[0].body == '{"a":"é"}'.encode()
    assert requests[0].headers == {
        "Content-Type": "application/json",
        "webhook-id": "1d" * 32,
        "Idempotency-Key": '"' + "1d" * 32 + '"',
    }
    assert outcome == Delivered(status=200)


def test_bytes_that_stand_for_the_body_go_out_as_they_came(message: Make, exchange: Run) -> None:
    said = message(body="not looked at", payload=b'{"snyk": "\xff"}')

    requests, outcome = exchange(http(), said, OK)

    assert requests[0].body == b'{"snyk": "\xff"}'
    assert (outcome, http().faults(said)) == (Delivered(status=200), [])


def test_method_headers_and_content_type_are_the_operator_s(message: Make, exchange: Run) -> None:
    headers = {"content-type": "application/vnd.example+json", "X-Key": Secret("made-up-key")}

    requests, _ = exchange(http(method="PUT", headers=headers), message(), OK)

    assert requests[0].method == "PUT"
    assert requests[0].headers["X-Key"] == "made-up-key"
    assert requests[0].headers["content-type"] == "application/vnd.example+json"
    assert "Content-Type" not in requests[0].headers


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"bearer": "made-up-token"}, "Bearer made-up-token"),
        ({"basic": {"username": "ada", "password": "pä:ss"}}, "Basic YWRhOnDDpDpzcw=="),
        ({"headers": {"authorization": "Custom x"}}, None),
    ],
)
def test_credentials_go_into_authorization(
    message: Make, exchange: Run, settings: dict[str, Any], expected: str | None
) -> None:
    requests, _ = exchange(http(**settings), message(), OK)

    assert requests[0].headers.get("Authorization") == expected


def test_the_signature_is_what_standard_webhooks_verifies(message: Make, exchange: Run) -> None:
    now = int(datetime.now(UTC).timestamp())
    sink = http(sign={"standard_webhooks": [OTHER, SECRET]})

    requests, _ = exchange(sink, message(timestamp=now, body='{"a":1}'), OK)

    headers = requests[0].headers
    assert headers["webhook-timestamp"] == str(now)
    assert len(headers["webhook-signature"].split(" ")) == 2
    assert Webhook(SECRET).verify(requests[0].body, headers) == {"a": 1}
    assert Webhook(OTHER).verify(requests[0].body, headers) == {"a": 1}
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(requests[0].body + b" ", headers)


def test_one_signing_secret_needs_neither_list_nor_prefix(message: Make, exchange: Run) -> None:
    now = int(datetime.now(UTC).timestamp())
    sink = http(sign={"standard_webhooks": SECRET.removeprefix("whsec_")})

    requests, _ = exchange(sink, message(timestamp=now), OK)

    assert Webhook(SECRET).verify(requests[0].body, requests[0].headers)


def test_an_unset_signing_secret_has_a_placeholder_in_offline_commands(
    message: Make, exchange: Run
) -> None:
    sink = http(sign={"standard_webhooks": "unset-SIEM_SECRET-placeholder"})

    requests, _ = exchange(sink, message(), OK)

    assert requests[0].headers["webhook-signature"].startswith("v1,")


def test_the_worked_out_url_is_called(message: Make, exchange: Run) -> None:
    sink = http(url=URL + "/{{ project.name }}?x={{ org.slug }}")
    worked = URL + "/acme%2Fshop?x=acme"

    requests, _ = exchange(sink, message(values={"url": worked}), OK)

    assert sink.values == {"url": URL + "/{{ project.name }}?x={{ org.slug }}"}
    assert requests[0].url.reveal() == worked


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/ingest", "http://siem.example/ingest", "https://siem.example:8/ingest",
     "https://siem.example@evil.example/", "//siem.example/ingest"],
)  # fmt: skip
def test_a_worked_out_url_never_leaves_its_host(message: Make, exchange: Run, url: str) -> None:
    requests, outcome = exchange(http(), message(values={"url": url}), OK)

    assert requests == []
    assert isinstance(outcome, Refused)


def test_a_secret_that_would_break_a_header_is_not_sent(message: Make, exchange: Run) -> None:
    requests, outcome = exchange(http(bearer=Secret("a\nX-Injected: 1")), message(), OK)

    assert requests == []
    assert isinstance(outcome, Refused)
    assert "Injected" not in outcome.detail


def test_a_body_that_is_no_json_is_said(message: Make) -> None:
    assert http().faults(message(body="{")) != []
    assert http().faults(message()) == []


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"url": "siem.example"}, "not a URL"),
        ({"url": "https://{{ labels.host }}/x"}, "host of a URL"),
        ({"method": "GET"}, "'POST', 'PUT' or 'PATCH'"),
        ({"headers": {"X-A": "a\nb"}}, "control characters"),
        ({"headers": {"X A": "a"}}, "not the name of a header"),
        ({"headers": {"Webhook-Id": "a"}}, "the gateway itself"),
        ({"headers": {"Host": "a"}}, "the gateway itself"),
        ({"bearer": "a", "basic": {"username": "a", "password": "b"}}, "exclude each other"),
        ({"bearer": "a", "headers": {"Authorization": "b"}}, "exclude each other"),
        ({"sign": {"standard_webhooks": "short"}}, "not a signing secret"),
        ({"sign": {"standard_webhooks": [SECRET, "short"]}}, "not a signing secret"),
        ({"sign": {"standard_webhooks": [SECRET] * 3}}, "at most 2"),
        ({"sign": {"standard_webhooks": []}}, "at least 1"),
        ({"sign": {"github": SECRET}}, "Extra inputs"),
    ],
)
def test_wrong_settings_are_problems(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        http(**settings)


def test_editors_learn_that_one_secret_or_a_list_signs() -> None:
    schema = TypeAdapter(HttpSettings).json_schema()

    kinds = [each.get("type") for each in schema["$defs"]["Sign"]["properties"]
             ["standard_webhooks"]["anyOf"]]  # fmt: skip
    assert "array" in kinds
    assert len(kinds) > 1
