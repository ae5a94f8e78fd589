"""What every sink promises; a new one is tested here before its author writes a test."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.codec import encode
from gateway.model.delivery import Action
from gateway.model.exchange import (
    AnyRequest,
    Delivered,
    Message,
    Outcome,
    Refused,
    Response,
    TryAgain,
)
from gateway.rendering.escaping import FORMATS
from gateway.sinks.catalogue import SINKS
from gateway.sinks.sink import Sink
from tests.contracts.specimens import SECRET, SIGNING, SPECIMENS, built, type_of
from tests.exchanges import exchanged

NOW = 1_790_000_000  # 2026-09-21T14:13:20Z
ACTIONS: tuple[Action, ...] = ("create", "update", "close")
MADE = {"message": "1 new critical", "note": "1 fixed", "text": "1 new critical"}

AGAIN = {"http": {408, 409, 425, 429, 500, *range(502, 600)}, "smtp": set(range(400, 500))}
"""What may pass."""
ENDPOINT = {"http": {401, 403}, "smtp": {530, 535}}
"""Nothing else would get through either."""
REPLIES = {kind: specimen.replies for kind, specimen in SPECIMENS.items()}

EVERY = pytest.mark.parametrize("kind", sorted(SPECIMENS))
HTTP = pytest.mark.parametrize("kind", sorted(k for k in SPECIMENS if REPLIES[k] == "http"))
CONNECTS = pytest.mark.parametrize("kind", sorted(k for k in SPECIMENS if SPECIMENS[k].connects))


def message(action: Action = "create", body: str = encode(MADE).decode()) -> Message:
    return Message(
        action=action,
        alias="a1" * 32,
        identity="1d" * 32,
        timestamp=NOW,
        body=body,
        severity="high",
    )


def tried(
    sink: Sink, told: Message, *answers: Response, receipt: Mapping[str, str] | None = None
) -> tuple[list[AnyRequest], Outcome]:
    """The requests and the outcome of a message with the sink's own settings."""
    return exchanged(sink.deliver(replace(told, values=sink.values), receipt), *answers)


def test_every_type_of_sink_has_a_specimen() -> None:
    assert {type_of(kind) for kind in SPECIMENS} == set(SINKS)


@EVERY
def test_what_the_pipeline_asks_a_sink_is_there(kind: str) -> None:
    sink = built(kind)

    assert sink.type == type_of(kind)
    assert sink.name == "made-up-name"
    assert sink.max_wait > 0
    assert sink.requests >= 1
    assert {sink.format, *sink.also} <= set(FORMATS)
    assert sink.settings.timeout == SPECIMENS[kind].timeout
    assert isinstance(sink.lifecycle, bool)
    assert sink.send_resolved == sink.lifecycle
    assert built(kind, send_resolved=not sink.lifecycle).send_resolved != sink.lifecycle


@EVERY
@pytest.mark.parametrize("action", ACTIONS)
def test_a_good_answer_is_delivered(kind: str, action: Action) -> None:
    requests, outcome = tried(built(kind), message(action), SPECIMENS[kind].success)

    assert requests
    assert isinstance(outcome, Delivered)
    assert outcome.status == SPECIMENS[kind].success.status


@EVERY
@pytest.mark.parametrize("action", ["update", "close"])
def test_what_it_gave_back_is_enough_to_go_on_with(kind: str, action: Action) -> None:
    sink, success = built(kind), SPECIMENS[kind].success
    _, created = tried(sink, message(), success)
    assert isinstance(created, Delivered)

    requests, outcome = tried(sink, message(action), success, receipt=created.receipt)

    assert 1 <= len(requests) <= sink.requests
    assert {urlsplit(each.url.reveal()).netloc for each in requests} == {SPECIMENS[kind].host}
    assert isinstance(outcome, Delivered)
    assert all(isinstance(each, str) for each in (created.receipt or {}).values())


@EVERY
@pytest.mark.parametrize("status", range(100, 600))
def test_every_status_has_its_class(kind: str, status: int) -> None:
    """Only a 2xx delivers; what may pass is tried again; the rest is refused."""
    _, outcome = tried(built(kind), message(), Response(status=status))

    assert outcome.status == status
    if status in AGAIN[REPLIES[kind]]:
        assert isinstance(outcome, TryAgain)
    elif 200 <= status < 300:
        assert isinstance(outcome, Delivered if SPECIMENS[kind].any_2xx else Refused)
    else:
        assert isinstance(outcome, Refused)
    if status in ENDPOINT[REPLIES[kind]]:
        assert isinstance(outcome, Refused)
        assert outcome.endpoint


@HTTP
@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("17", 17.0),
        ("Mon, 21 Sep 2026 14:14:20 GMT", 60.0),
        ("999999", 3600.0),
        ("Fri, 21 Sep 2126 14:13:20 GMT", 3600.0),
        ("-17", None),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_honoured(kind: str, status: int, text: str, expected: float | None) -> None:
    _, outcome = tried(
        built(kind), message(), Response(status=status, headers={"retry-after": text})
    )

    assert isinstance(outcome, TryAgain)
    assert outcome.retry_after == expected


@EVERY
@pytest.mark.parametrize("action", ACTIONS)
def test_the_same_delivery_makes_the_same_request(kind: str, action: Action) -> None:
    first, _ = tried(built(kind), message(action), SPECIMENS[kind].success)
    second, _ = tried(built(kind), message(action), Response(status=503))

    assert first == second


@EVERY
@pytest.mark.parametrize("action", ACTIONS)
def test_only_the_configured_host_is_called(kind: str, action: Action) -> None:
    requests, _ = tried(built(kind), message(action), SPECIMENS[kind].success)

    assert {urlsplit(each.url.reveal()).netloc for each in requests} == {SPECIMENS[kind].host}
    assert {urlsplit(each.url.reveal()).scheme for each in requests} == {SPECIMENS[kind].scheme}


@EVERY
@pytest.mark.parametrize("status", [200, 202, 302, 400, 401, 404, 429, 500, 503])
def test_no_secret_comes_out(kind: str, status: int, caplog: pytest.LogCaptureFixture) -> None:
    """An answer repeats every secret: neither outcome nor any repr or log line may."""
    caplog.set_level(logging.DEBUG)
    sink = built(kind)
    asked, _ = tried(sink, message(), SPECIMENS[kind].success)
    echo = repr([*SPECIMENS[kind].section.values(), asked[0].url.reveal(), dict(asked[0].headers)])
    answer = Response(status=status, body=echo.encode(), headers={"x-echo": echo})

    requests, outcome = tried(sink, message(), answer)

    shown = [repr(sink), repr(sink.settings), str(sink.settings), repr(requests), caplog.text]
    shown += [repr(outcome), str(outcome), *(str(each.url) for each in requests)]
    for secret in (SECRET, SIGNING, "Z2F0ZXdheTptYWRlLXVwLWNyZWRlbnRpYWw="):
        assert not [text for text in shown if secret in text]


@EVERY
def test_no_secret_is_cut_in_half(kind: str) -> None:
    body = ("x" * 291 + SECRET).encode()

    _, outcome = tried(built(kind), message(), Response(status=400, body=body))

    assert SECRET[:4] not in outcome.detail


@EVERY
def test_a_detail_is_short_and_prints_harmlessly(kind: str) -> None:
    body = "\x1b[31m\u202e\x00".encode() * 200 + b"x" * 10_000 + b"\xff"

    _, outcome = tried(built(kind), message(), Response(status=400, body=body))

    assert 0 < len(outcome.detail) <= 300
    assert outcome.detail.isprintable()


@EVERY
def test_an_unknown_setting_is_refused(kind: str) -> None:
    with pytest.raises(ValidationError) as caught:
        built(kind, retires=3)

    assert [(each["type"], each["loc"]) for each in caught.value.errors()] == [
        ("extra_forbidden", ("retires",))
    ]


@CONNECTS
def test_it_takes_tls_but_never_does_without_verification(kind: str) -> None:
    assert built(kind, tls={"ca": "missing.pem"}).settings.tls is not None
    with pytest.raises(ValidationError, match="Extra inputs"):
        built(kind, tls={"ca": "missing.pem", "verify": False})


@EVERY
@pytest.mark.parametrize("action", ACTIONS)
@settings(max_examples=50, deadline=None)
@given(
    texts=st.lists(
        st.one_of(
            st.text(max_size=40),
            st.sampled_from(
                ["<!channel>", "</script>", '"', "\\", "{{ 7*7 }}", "\u202e", "x" * 10_000, "\r\n"]
            ),
        ),
        min_size=3,
        max_size=3,
    )
)
def test_hostile_text_stays_inside_the_body(
    kind: str, action: Action, texts: Sequence[str]
) -> None:
    sink = built(kind)
    body = encode(dict(zip(("message", "note", "text"), texts, strict=True))).decode()

    calm, _ = tried(sink, message(action), SPECIMENS[kind].success)
    requests, outcome = tried(sink, message(action, body), SPECIMENS[kind].success)

    assert isinstance(outcome, Delivered)
    assert [each.url for each in requests] == [each.url for each in calm]
    for hostile, usual in zip(requests, calm, strict=True):
        assert {**hostile.headers, "webhook-signature": ""} == {
            **usual.headers,
            "webhook-signature": "",
        }
    assert all(isinstance(fault, str) for fault in sink.faults(message(action, body)))


@EVERY
@pytest.mark.parametrize("body", ["", "no json", "null", "[1]", "{}"])
def test_a_strange_body_never_raises(kind: str, body: str) -> None:
    sink = built(kind)

    _, outcome = tried(sink, message(body=body), SPECIMENS[kind].success)

    assert isinstance(outcome, Delivered | Refused)
    assert isinstance(sink.faults(message(body=body)), list)
