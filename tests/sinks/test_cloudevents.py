"""Judged by the project's own SDK and JSON Schema."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http
from cloudevents.core.formats.json import JSONFormat
from jsonschema import Draft7Validator, FormatChecker

from gateway.model.about import About
from gateway.model.exchange import Message, Request, Response
from gateway.sinks.http import Http
from gateway.sinks.http_settings import HttpSettings

SCHEMA = Path(__file__).parents[1] / "fixtures/contracts/cloudevents-1.0.schema.json"
VALIDATOR = Draft7Validator(json.loads(SCHEMA.read_text()), format_checker=FormatChecker())
ABOUT = About(
    kind="alert.opened",
    org="o-1",
    subject="alr_1",
    time=datetime(2026, 11, 23, 10, tzinfo=UTC),
)
Make = Callable[..., Message]


def sent(mode: str, said: Message, **more: Any) -> Request:
    url = "https://broker.example/events"
    section = {"type": "http", "url": url, "cloudevents": mode, **more}
    http = Http("broker", HttpSettings.model_validate(section))
    steps = http.deliver(said, None)
    request = next(steps)
    with pytest.raises(StopIteration):
        steps.send(Response(status=202))
    return request


def parsed(request: Request) -> Any:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return from_http(HTTPMessage(headers=headers, body=request.body), JSONFormat())


@pytest.mark.parametrize("mode", ["binary", "structured"])
def test_the_sdk_reads_attributes_and_data(message: Make, mode: str) -> None:
    event = parsed(sent(mode, message(about=ABOUT, body='{"a": 1.50, "b": "é"}')))

    assert event.get_specversion() == "1.0"
    assert event.get_id() == "1d" * 32
    assert event.get_source() == "/snyk/orgs/o-1"
    assert event.get_type() == "snyk.alert.opened"
    assert event.get_subject() == "alr_1"
    assert event.get_time() == ABOUT.time
    assert event.get_datacontenttype() == "application/json"
    assert event.get_data() == {"a": 1.5, "b": "é"}


@pytest.mark.parametrize("mode", ["binary", "structured"])
def test_what_is_not_known_is_left_out(message: Make, mode: str) -> None:
    request = sent(mode, message(about=About(kind="event.internal")))

    assert parsed(request).get_source() == "/snyk"
    assert parsed(request).get_subject() is None
    assert "ce-time" not in request.headers
    assert b'"time"' not in request.body


@pytest.mark.parametrize("mode", ["binary", "structured"])
def test_odd_identifiers_come_through_whole(message: Make, mode: str) -> None:
    odd = 'é "50%" 😀\r\n/ü'

    event = parsed(sent(mode, message(about=About(kind="x", subject=odd, org="a/b c"))))

    assert event.get_subject() == odd
    assert event.get_source() == "/snyk/orgs/a%2Fb%20c"


def test_binary_keeps_the_body_and_its_type(message: Make) -> None:
    request = sent("binary", message(payload=b'{"snyk": "\xff"}'))

    assert request.body == b'{"snyk": "\xff"}'
    assert request.headers["Content-Type"] == "application/json"
    assert "ce-datacontenttype" not in request.headers


def test_binary_headers_are_percent_encoded(message: Make) -> None:
    """Section 3.1.3.2: space, double quote, percent and whatever is not printable ASCII."""
    request = sent("binary", message(about=About(subject='Euro € 😀 "50%"~!')))

    assert request.headers["ce-subject"] == "Euro%20%E2%82%AC%20%F0%9F%98%80%20%2250%25%22~!"


def test_structured_is_what_the_schema_describes(message: Make) -> None:
    request = sent("structured", message(about=ABOUT, body='{"a": 1.50}'))

    assert request.headers["Content-Type"] == "application/cloudevents+json"
    assert list(VALIDATOR.iter_errors(json.loads(request.body))) == []
    assert request.body.endswith(b'"data":{"a": 1.50}}')


def test_structured_wraps_what_is_no_json_in_base64(message: Make) -> None:
    request = sent("structured", message(about=ABOUT, payload=b"\xff not json"))

    assert list(VALIDATOR.iter_errors(json.loads(request.body))) == []
    assert parsed(request).get_data() == b"\xff not json"


def test_the_signature_is_of_what_is_sent(message: Make) -> None:
    secret = {"sign": {"hmac": {"secret": "made-up-secret"}}}

    wrapped = sent("structured", message(about=ABOUT), **secret)
    bare = sent("binary", message(about=ABOUT), **secret)

    assert wrapped.headers["X-Hub-Signature-256"] != bare.headers["X-Hub-Signature-256"]
