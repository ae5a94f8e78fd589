import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
from pydantic import ValidationError

from gateway.codec import encode
from gateway.errors import Blocked, TransportError
from gateway.model.exchange import (
    Delivered,
    Message,
    Outcome,
    Refused,
    Request,
    Response,
    TryAgain,
)
from gateway.sinks.http import Http
from gateway.sinks.http_settings import HttpSettings
from tests.exchanges import exchanged

URL, TOKENS = "https://siem.example/ingest", "https://login.example/made-up-tenant/token"
NOW = 1_790_000_000
OAUTH2 = {
    "token_url": TOKENS,
    "client_id": "gate:way",
    "client_secret": "made-up/client secret",
    "scope": "events.write",
}
OK, UNKNOWN = Response(status=200), Response(status=401)
Make = Callable[..., Message]


def sink(**more: Any) -> Http:
    section = {"type": "http", "url": URL, "oauth2": {**OAUTH2, **more}}
    return Http("siem", HttpSettings.model_validate(section))


def token(name: str = "made-up-token-1", **more: Any) -> Response:
    return Response(status=200, body=encode({"access_token": name, "expires_in": 3600, **more}))


def tried(http: Http, said: Message, *answers: Response) -> tuple[list[Request], Outcome]:
    """The requests and the outcome; there is an answer for each request."""
    requests, outcome = exchanged(http.deliver(said, None), *answers)
    assert len(requests) == len(answers)
    return requests, outcome


def urls(requests: list[Request]) -> list[str]:
    return [each.url.reveal() for each in requests]


def test_a_token_is_fetched_and_the_message_goes_out_under_it(message: Make) -> None:
    requests, outcome = tried(sink(), message(), token(), OK)

    asking, telling = requests
    assert (asking.method, urls(requests)) == ("POST", [TOKENS, URL])
    assert asking.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qs(asking.body.decode()) == {
        "grant_type": ["client_credentials"],
        "scope": ["events.write"],
    }
    pair = base64.b64decode(asking.headers["Authorization"].removeprefix("Basic "))
    assert pair == b"gate%3Away:made-up%2Fclient+secret"
    assert telling.headers["Authorization"] == "Bearer made-up-token-1"
    assert telling.body == message().body.encode()
    assert outcome == Delivered(status=200)


def test_id_and_secret_stand_in_the_body_where_the_endpoint_looks_for_them(message: Make) -> None:
    http = sink(credentials_in="body", audience="https://siem.example")

    requests, _ = tried(http, message(), token(), OK)

    assert "Authorization" not in requests[0].headers
    assert parse_qs(requests[0].body.decode()) == {
        "grant_type": ["client_credentials"],
        "scope": ["events.write"],
        "audience": ["https://siem.example"],
        "client_id": ["gate:way"],
        "client_secret": ["made-up/client secret"],
    }


@pytest.mark.parametrize(
    ("expires_in", "later", "fetched"),
    [
        (3600, 3539, False),
        (3600, 3540, True),
        ("3600", 3539, False),
        (30, 0, True),
        (None, 0, True),
        ("soon", 0, True),
        (True, 0, True),
    ],
)
def test_a_token_is_kept_until_a_minute_before_its_end(
    message: Make, expires_in: Any, later: int, fetched: bool
) -> None:
    http = sink()
    tried(http, message(timestamp=NOW), token(expires_in=expires_in), OK)
    answers = [token("made-up-token-2"), OK] if fetched else [OK]

    requests, _ = tried(http, message(timestamp=NOW + later), *answers)

    name = "made-up-token-2" if fetched else "made-up-token-1"
    assert requests[-1].headers["Authorization"] == f"Bearer {name}"


def test_a_token_that_the_endpoint_does_not_know_is_fetched_anew_once(message: Make) -> None:
    http = sink()
    tried(http, message(), token(), OK)

    requests, outcome = tried(http, message(), UNKNOWN, token("made-up-token-2"), OK)

    assert urls(requests) == [URL, TOKENS, URL]
    assert requests[2].headers["Authorization"] == "Bearer made-up-token-2"
    assert outcome == Delivered(status=200)


def test_an_endpoint_that_knows_no_token_refuses(message: Make) -> None:
    http = sink()

    requests, outcome = tried(http, message(), token(), UNKNOWN, token(), UNKNOWN)

    assert len(requests) == http.requests == 4
    assert outcome == Refused(reason="unauthorised", status=401, endpoint=True)


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_credentials_that_are_refused_open_the_breaker(message: Make, status: int) -> None:
    answer = Response(status=status, body=b'{"error":"invalid_client"}')

    requests, outcome = tried(sink(), message(), answer)

    assert urls(requests) == [TOKENS]
    assert outcome == Refused(
        reason="unauthorised",
        status=status,
        detail='the token endpoint: {"error":"invalid_client"}',
        endpoint=True,
    )


@pytest.mark.parametrize(
    ("status", "reason"), [(429, "rate_limited"), (500, "server_error"), (503, "server_error")]
)
def test_a_token_endpoint_in_trouble_is_asked_again_later(
    message: Make, status: int, reason: str
) -> None:
    answer = Response(status=status, headers={"retry-after": "17"})

    _, outcome = tried(sink(), message(), answer)

    assert isinstance(outcome, TryAgain)
    assert (outcome.reason, outcome.status, outcome.retry_after) == (reason, status, 17.0)


def test_a_token_endpoint_that_does_not_answer_leaves_nothing_in_doubt(message: Make) -> None:
    steps = sink().deliver(message(), None)
    next(steps)

    with pytest.raises(TransportError) as caught:
        steps.throw(TransportError("timeout", "no answer in time", ambiguous=True))

    assert (caught.value.reason, caught.value.ambiguous) == ("timeout", False)
    assert str(caught.value) == "the token endpoint: no answer in time"


def test_a_token_endpoint_that_may_not_be_reached_is_blocked(message: Make) -> None:
    steps = sink().deliver(message(), None)
    next(steps)

    with pytest.raises(Blocked):
        steps.throw(Blocked("169.254.169.254 may not be reached"))


@pytest.mark.parametrize(
    "body", [b"", b"no json", b"[]", b'{"access_token":""}', b'{"access_token":3}']
)
def test_an_answer_without_a_token_is_none(message: Make, body: bytes) -> None:
    _, outcome = tried(sink(), message(), Response(status=200, body=body))

    text = "the token endpoint: no access_token"
    assert outcome == Refused(reason="unauthorised", status=200, detail=text, endpoint=True)


def test_a_token_that_would_break_a_header_is_not_sent(message: Make) -> None:
    requests, outcome = tried(sink(), message(), token("a\r\nX-Injected: 1"))

    assert urls(requests) == [TOKENS]
    assert isinstance(outcome, Refused)
    assert "Injected" not in outcome.detail


def test_neither_secret_nor_token_comes_out(message: Make) -> None:
    echo = b"made-up/client secret made-up%2Fclient+secret made-up-token-1 made-up-tenant"

    outcomes = [
        tried(sink(), message(), Response(status=400, body=echo))[1],
        tried(sink(), message(), token(), Response(status=400, body=echo))[1],
    ]

    assert "made-up" not in repr(outcomes[0]).replace("made-up-token-1", "")
    assert not [word for word in ("client secret", "client+secret", "token-1")
                if word in repr(outcomes[1])]  # fmt: skip


def test_what_is_only_recorded_asks_for_no_token(message: Make) -> None:
    section = {"type": "http", "url": URL, "oauth2": OAUTH2, "mode": "record"}
    http = Http("siem", HttpSettings.model_validate(section))

    request = next(http.deliver(message(), None))

    assert request.url.reveal() == URL
    assert "Authorization" not in request.headers


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"token_url": "login.example"}, "not a URL"),
        ({"client_id": ""}, "at least 1"),
        ({"client_secret": ""}, "the secret is empty"),
        ({"credentials_in": "query"}, "'header' or 'body'"),
    ],
)
def test_wrong_settings_are_problems(more: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        sink(**more)
