import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.exchange import Delivered, Refused, Response, TryAgain
from gateway.settings.secrets import Secret
from gateway.sinks.status import credentials, detail, judge, retry_after

NOW = 1_790_000_000  # 2026-09-21T14:13:20Z


@pytest.mark.parametrize("status", range(100, 600))
def test_every_status_has_its_class(status: int) -> None:
    outcome = judge(Response(status=status), now=NOW)

    if 200 <= status < 300:
        assert isinstance(outcome, Delivered)
    elif status in {408, 409, 425, 429} or (status >= 500 and status != 501):
        assert isinstance(outcome, TryAgain)
    else:
        assert isinstance(outcome, Refused)
        assert outcome.endpoint == (status in {401, 403, 404, 410})
    assert outcome.status == status


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (302, "redirect"),
        (400, "bad_request"),
        (401, "unauthorised"),
        (402, "refused"),
        (403, "forbidden"),
        (404, "not_found"),
        (408, "timeout"),
        (409, "conflict"),
        (410, "gone"),
        (413, "too_large"),
        (422, "bad_request"),
        (429, "rate_limited"),
        (500, "server_error"),
        (501, "refused"),
        (503, "server_error"),
    ],
)
def test_the_reason_is_a_known_word(status: int, reason: str) -> None:
    outcome = judge(Response(status=status), now=NOW)

    assert isinstance(outcome, TryAgain | Refused)
    assert outcome.reason == reason


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0.0),
        ("17", 17.0),
        (" 1.5 ", 1.5),
        ("86400", 3600.0),
        ("9" * 400, 3600.0),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("\u0661\u0667", None),
        ("1e9", None),
        ("Mon, 21 Sep 2026 14:14:20 GMT", 60.0),
        ("Mon, 21 Sep 2026 16:14:20 +0200", 60.0),
        ("Sun, 20 Sep 2026 14:13:20 GMT", 0.0),
        ("Fri, 21 Sep 2126 14:13:20 GMT", 3600.0),
        ("Mon, 21 Sep 99999 14:13:20 GMT", None),
        ("Mon, 99 Sep 2026 14:13:20 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_up_to_an_hour(text: str, expected: float | None) -> None:
    assert retry_after({"retry-after": text}, NOW) == expected


@settings(max_examples=200)
@given(st.text(max_size=40))
def test_retry_after_survives_any_text(text: str) -> None:
    seconds = retry_after({"retry-after": text}, NOW)

    assert seconds is None or 0 <= seconds <= 3600


def test_retry_after_may_be_missing() -> None:
    assert retry_after({}, NOW) is None


@settings(max_examples=100)
@given(st.binary(max_size=2000))
def test_a_detail_is_short_and_prints_harmlessly(body: bytes) -> None:
    text = detail(Response(status=200, body=body))

    assert len(text) <= 300
    assert text.isprintable()


def test_a_secret_on_the_edge_of_the_cut_is_starred() -> None:
    body = b"x" * 290 + b" made-up-credential"

    text = detail(Response(status=400, body=body), [Secret("made-up-credential")])

    assert "made" not in text


def test_a_secret_is_starred_also_where_control_characters_went_missing() -> None:
    body = b"a made-up\x00credential and made-up credential"

    assert "credential" not in detail(Response(status=400, body=body), ["made-up credential"])


def test_every_long_part_of_a_url_may_be_a_credential() -> None:
    url = "https://hooks.example.com/v1/T0000MADEUP/abcdefghij?key=0123456789&n=1"

    assert credentials(url) == [url, "T0000MADEUP", "abcdefghij", "0123456789"]
