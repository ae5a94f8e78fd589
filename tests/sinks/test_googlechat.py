"""The built-in preset.

https://developers.google.com/workspace/chat/quickstart/webhooks
"""

import json
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from pydantic import ValidationError

from gateway.codec import encode
from gateway.model.exchange import Delivered, Message, Outcome, Refused, Response
from gateway.model.rate import Rate
from gateway.sinks.catalogue import SINKS
from gateway.sinks.sink import Sink

URL = "https://chat.googleapis.com/v1/spaces/AAAA/messages?key=made-up-key&token=made-up-token"
OK = Response(status=200, body=b'{"name":"spaces/AAAA/messages/B.B","thread":{"name":"t"}}')
THREAD = {"thread": {"threadKey": "ab" * 32}}
Make = Callable[..., Message]
Run = Callable[..., tuple[list[Any], Outcome]]


def googlechat(**settings: Any) -> Sink:
    kind = SINKS["googlechat"]
    section = {"type": "googlechat", "url": URL, **settings}
    return kind.build("space", kind.settings.model_validate(section))


def card(*paragraphs: str) -> str:
    widgets = [{"textParagraph": {"text": each}} for each in paragraphs]
    return encode({"cardsV2": [{"card": {"sections": [{"widgets": widgets}]}}]}).decode()


def widgets(body: bytes) -> list[Any]:
    found: list[Any] = json.loads(body)["cardsV2"][0]["card"]["sections"][0]["widgets"]
    return found


def test_an_alert_has_a_thread_of_its_own(message: Make, exchange: Run) -> None:
    sink = googlechat()

    requests, outcome = exchange(sink, message(values={"always": THREAD}, body=card("hi")), OK)

    assert sink.values == {"always": {"thread": {"threadKey": "{{ alert.key }}"}}}
    assert json.loads(requests[0].body)["thread"] == {"threadKey": "ab" * 32}
    assert requests[0].url.reveal() == (
        URL + "&messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD"
    )
    assert requests[0].headers["Content-Type"] == "application/json; charset=UTF-8"
    assert isinstance(outcome, Delivered)


def test_a_space_takes_one_message_a_second_unless_the_sink_says_otherwise() -> None:
    assert googlechat().settings.rate == Rate(1, 1.0)
    assert googlechat(rate="30/m").settings.rate == Rate(30, 60.0)


@pytest.mark.parametrize("piece", ["x", "é", "&amp;", "<b>x</b>", "\U0001f600"])
def test_a_message_above_32_000_bytes_is_said_and_cut(
    message: Make, exchange: Run, piece: str
) -> None:
    said = message(values={"always": THREAD}, body=card("short", piece * 9000, piece * 25_000))

    requests, _ = exchange(googlechat(), said, OK)

    assert any("bytes, the service takes 32000" in each for each in googlechat().faults(said))
    assert 31_000 < len(requests[0].body) <= 32_000
    short, *long = (each["textParagraph"]["text"] for each in widgets(requests[0].body))
    assert short == "short"
    assert long[-1].endswith("…")
    for text in long:
        assert piece not in {"&amp;", "<b>x</b>"} or whole(text)


def whole(text: str) -> bool:
    """Whether no tag and no entity was cut."""
    seen: list[str] = []

    class Parser(HTMLParser):
        def handle_data(self, data: str) -> None:
            seen.append(data)

    parser = Parser()
    parser.feed(text)
    parser.close()
    return not set("".join(seen)) - set("x&…")


def test_a_section_takes_a_hundred_widgets(message: Make, exchange: Run) -> None:
    said = message(values={"always": THREAD}, body=card(*["x"] * 101))

    requests, _ = exchange(googlechat(), said, OK)

    assert len(widgets(requests[0].body)) == 100
    assert len(googlechat().faults(said)) == 1


def test_somebody_else_s_200_is_no_delivery(message: Make, exchange: Run) -> None:
    _, outcome = exchange(googlechat(), message(), Response(status=200, body=b"<html>log in"))

    assert isinstance(outcome, Refused)


def test_another_url_is_a_problem_that_shows_the_shape() -> None:
    with pytest.raises(ValidationError, match=r"write https://chat\.googleapis\.com/v1/spaces"):
        googlechat(url="https://chat.googleapis.com/v1/spaces/AAAA")
