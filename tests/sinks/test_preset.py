from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from gateway.model.exchange import Delivered, Message, Outcome, Refused, Response
from gateway.model.rate import Rate
from gateway.sinks.catalogue import of_preset
from gateway.sinks.preset import Preset
from gateway.sinks.sink import Sink

URL = "https://chat.example/hooks/made-up-key"
OK = Response(status=200)
Make = Callable[..., Message]
Run = Callable[..., tuple[list[Any], Outcome]]


def preset(**said: Any) -> Preset:
    return Preset.model_validate(said)


def built(made: Preset, **settings: Any) -> Sink:
    kind = of_preset("acme", made)
    section = {"type": "acme", "url": URL, **settings}
    return kind.build("team", kind.settings.model_validate(section))


def test_a_preset_that_says_nothing_posts_a_json_object(message: Make, exchange: Run) -> None:
    sink = built(preset())

    requests, outcome = exchange(sink, message(body='{"a":1}'), OK)

    assert (requests[0].method, requests[0].url.reveal()) == ("POST", URL)
    assert requests[0].body == b'{"a":1}'
    assert requests[0].headers["Content-Type"] == "application/json"
    assert (sink.lifecycle, sink.send_resolved, sink.settings.rate) == (False, False, None)
    assert outcome == Delivered(status=200)


def test_what_a_preset_says_is_what_the_sink_does(message: Make, exchange: Run) -> None:
    sink = built(
        preset(
            method="PUT",
            query={"v": "2"},
            headers={"X-Kind": "a", "content-type": "application/vnd.acme+json"},
            always={"source": "{{ alert.route }}"},
            success={"status": [202]},
            rate="3/m",
            lifecycle=True,
        )
    )

    requests, outcome = exchange(
        sink, message(body='{"source":"x"}', values={"always": {"source": "payments"}}), OK
    )

    assert sink.values == {"always": {"source": "{{ alert.route }}"}}
    assert (requests[0].method, requests[0].url.reveal()) == ("PUT", URL + "?v=2")
    assert requests[0].headers["content-type"] == "application/vnd.acme+json"
    assert requests[0].headers["X-Kind"] == "a"
    assert requests[0].body == b'{"source":"payments"}'
    assert (sink.lifecycle, sink.send_resolved, sink.settings.rate) == (True, True, Rate(3, 60.0))
    assert isinstance(outcome, Refused)


def test_what_the_sink_says_wins(message: Make, exchange: Run) -> None:
    made = preset(
        method="PUT", query={"v": "2"}, headers={"X-Kind": "a"}, success={"status": [202]},
        rate="3/m", template="theirs", send_resolved=True,
    )  # fmt: skip

    sink = built(
        made, method="PATCH", query={"v": "3"}, headers={"x-kind": "b"}, success={"status": [200]},
        rate="1/s", template="ours", send_resolved=False,
    )  # fmt: skip
    requests, outcome = exchange(sink, message(), OK)

    assert (requests[0].method, requests[0].url.reveal()) == ("PATCH", URL + "?v=3")
    assert (requests[0].headers["x-kind"], "X-Kind" in requests[0].headers) == ("b", False)
    assert (sink.settings.template, sink.settings.rate) == ("ours", Rate(1, 1.0))
    assert sink.send_resolved is False
    assert isinstance(outcome, Delivered)


@pytest.mark.parametrize(
    ("format_", "content_type"),
    [("txt", "text/plain; charset=utf-8"), ("md", "text/markdown; charset=utf-8")],
)
def test_text_goes_out_as_text(
    message: Make, exchange: Run, format_: str, content_type: str
) -> None:
    sink = built(preset(format=format_, limits={"characters": 5}))

    requests, _ = exchange(sink, message(body="1 new"), OK)

    assert requests[0].body == b"1 new"
    assert requests[0].headers["Content-Type"] == content_type
    assert sink.faults(message(body="1 new")) == []
    assert sink.faults(message(body="12 new")) == [
        "the message has 6 characters, the service takes 5"
    ]


def test_what_is_always_said_is_cut_for_one_message_only(message: Make, exchange: Run) -> None:
    sink = built(preset(always={"a": {"b": "long"}}, limits={"texts": {"a.b": 3}}))
    worked = {"always": {"a": {"b": "long"}}}

    requests, _ = exchange(sink, message(body="{}", values=worked), OK)

    assert requests[0].body == '{"a":{"b":"lo…"}}'.encode()
    assert worked == sink.values == {"always": {"a": {"b": "long"}}}


@pytest.mark.parametrize("body", ["", "no json", "[1]", "null"])
def test_what_is_no_object_is_not_sent(message: Make, exchange: Run, body: str) -> None:
    sink = built(preset())

    requests, outcome = exchange(sink, message(body=body), OK)

    assert requests == []
    assert isinstance(outcome, Refused)
    assert sink.faults(message(body=body)) == ["the message is not a JSON object"]


def test_the_url_is_a_secret(message: Make, exchange: Run) -> None:
    sink = built(preset())

    _, outcome = exchange(sink, message(), Response(status=400, body=URL.encode()))

    assert "made-up-key" not in repr([sink.settings, outcome])


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"format": "html"}, "'json', 'slack', 'card', 'gchat', 'md' or 'txt'"),
        ({"url": {"pattern": "a+", "example": "b"}}, "the example is not what the pattern"),
        ({"url": {"pattern": "(", "example": "b"}}, "not a regular expression"),
        ({"headers": {"X A": "b"}}, "not the name of a header"),
        ({"headers": {"Host": "b"}}, "the gateway itself"),
        ({"headers": {"authorization": "b"}}, "credentials stand in the sink"),
        ({"format": "txt", "always": {"a": 1}}, "txt is text"),
        ({"format": "md", "limits": {"texts": {"a": 1}}}, "md is text"),
        ({"limits": {"characters": 5}}, "limits.characters is for md and txt"),
        ({"retry_after": "a..b"}, "not a path"),
        ({"rate": "often"}, "not a rate"),
        ({"templates": "x"}, "Extra inputs"),
    ],
)
def test_wrong_presets_are_problems(said: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        preset(**said)
