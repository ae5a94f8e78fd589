import base64
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from gateway.model.exchange import Delivered, Message, Outcome, Refused, Response, TryAgain
from gateway.settings.secrets import Secret
from gateway.sinks.http import Http
from gateway.sinks.http_settings import HttpSettings

URL = "https://siem.example/ingest"
SECRET = "whsec_" + base64.b64encode(b"made-up-signing-secret-1").decode()
OTHER = "whsec_" + base64.b64encode(b"made-up-signing-secret-2").decode()
OAUTH2 = {"token_url": "https://a.example/", "client_id": "a", "client_secret": "b"}
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


def test_query_and_headers_are_worked_out_per_alert(message: Make, exchange: Run) -> None:
    sink = http(
        url=URL + "?a=1",
        query={"team": "{{ labels.team }}", "key": Secret("made up/key")},
        headers={"X-Team": "{{ labels.team }}", "X-Key": "plain"},
    )
    worked = {"query": {"team": "a&b=é"}, "headers": {"X-Team": "payments"}}

    requests, _ = exchange(sink, message(values={"url": URL + "?a=1", **worked}), OK)

    assert sink.values == {
        "url": URL + "?a=1",
        "query": {"team": "{{ labels.team }}"},
        "headers": {"X-Team": "{{ labels.team }}"},
    }
    assert requests[0].url.reveal() == URL + "?a=1&team=a%26b%3D%C3%A9&key=made%20up%2Fkey"
    assert (requests[0].headers["X-Team"], requests[0].headers["X-Key"]) == ("payments", "plain")


@pytest.mark.parametrize(
    ("url", "expected"),
    [(URL, URL + "?a%20b=c"), (URL + "?", URL + "?a%20b=c"), (URL + "?x", URL + "?x&a%20b=c")],
)
def test_a_query_is_appended(message: Make, exchange: Run, url: str, expected: str) -> None:
    requests, _ = exchange(http(url=url, query={"a b": "c"}), message(), OK)

    assert requests[0].url.reveal() == expected


def test_a_worked_out_header_that_would_break_the_request_is_not_sent(
    message: Make, exchange: Run
) -> None:
    sink = http(headers={"X-Title": "{{ alert.worst.title }}"})
    said = message(values={"headers": {"X-Title": "a\r\nX-Injected: 1"}})

    requests, outcome = exchange(sink, said, OK)

    assert requests == []
    assert isinstance(outcome, Refused)


def test_github_s_signature_is_the_one_of_its_documentation(message: Make, exchange: Run) -> None:
    """https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries."""
    sink = http(sign={"hmac": {"secret": "It's a Secret to Everybody"}})

    requests, _ = exchange(sink, message(body="Hello, World!"), OK)

    assert requests[0].headers["X-Hub-Signature-256"] == (
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    )
    assert "webhook-signature" not in requests[0].headers


def test_both_signatures_may_stand_side_by_side(message: Make, exchange: Run) -> None:
    named = {"secret": "made-up-secret", "header": "X-Signature", "prefix": ""}
    sink = http(sign={"standard_webhooks": SECRET, "hmac": named}, bearer="made-up-token")

    requests, _ = exchange(sink, message(), OK)

    assert re.fullmatch("[0-9a-f]{64}", requests[0].headers["X-Signature"])
    assert requests[0].headers["webhook-signature"].startswith("v1,")
    assert requests[0].headers["Authorization"] == "Bearer made-up-token"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("idempotency-key", {"idempotency-key": '"' + "1d" * 32 + '"'}),
        ("X-Request-Id", {"X-Request-Id": "1d" * 32}),
        ("none", {}),
        ("", {}),
        (None, {}),
    ],
)
def test_the_identity_goes_out_under_the_name_that_the_endpoint_knows(
    message: Make, exchange: Run, name: str | None, expected: dict[str, str]
) -> None:
    requests, _ = exchange(http(idempotency_header=name), message(), OK)

    assert requests[0].headers == {
        "Content-Type": "application/json",
        "webhook-id": "1d" * 32,
        **expected,
    }


def test_a_2xx_that_does_not_say_what_it_must_is_refused(message: Make, exchange: Run) -> None:
    sink = http(success={"json": {"status": "ok"}})

    _, good = exchange(sink, message(), Response(status=200, body=b'{"status":"ok"}'))
    _, bad = exchange(sink, message(), Response(status=200, body=b"<html>log in"))
    _, again = exchange(sink, message(), Response(status=503, body=b'{"status":"ok"}'))

    assert isinstance(good, Delivered)
    assert bad == Refused(reason="refused", status=200, detail="<html>log in")
    assert isinstance(again, TryAgain)


def test_a_status_that_is_named_is_delivered(message: Make, exchange: Run) -> None:
    _, outcome = exchange(http(success={"status": [200, 409]}), message(), Response(status=409))

    assert outcome == Delivered(status=409)


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
        ({"sign": {}}, "says nothing"),
        ({"sign": {"hmac": {"secret": "a", "header": "X A"}}}, "not the name of a header"),
        ({"sign": {"hmac": {"secret": "a", "prefix": "\n"}}}, "control characters"),
        (
            {"sign": {"hmac": {"secret": "a", "header": "X-A"}}, "headers": {"x-a": "b"}},
            "the gateway itself",
        ),
        ({"bearer": "a", "oauth2": OAUTH2}, "exclude each other"),
        ({"headers": {"authorization": "a"}, "oauth2": OAUTH2}, "exclude each other"),
        ({"idempotency_header": "a b"}, "not the name of a header"),
        ({"idempotency_header": 3}, "valid string"),
        ({"idempotency_header": "X-A", "headers": {"X-A": "b"}}, "the gateway itself"),
        ({"headers": {"X-A": "a", "x-a": "b"}}, "twice"),
        ({"cloudevents": "batch"}, "'binary' or 'structured'"),
        ({"cloudevents": "binary", "headers": {"Ce-Id": "a"}}, "the gateway itself"),
        ({"cloudevents": "structured", "headers": {"Content-Type": "a/b"}}, "the gateway itself"),
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
