"""The built-in preset: https://developers.mattermost.com/integrate/webhooks/incoming/."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from markdown_it import MarkdownIt
from pydantic import ValidationError

from gateway.codec import encode
from gateway.model.exchange import Delivered, Message, Outcome, Refused, Response
from gateway.rendering.rendering import Renderer
from gateway.sinks.catalogue import SINKS
from gateway.sinks.sink import Sink
from tests.rendering.conftest import HOSTILE, finding, notice

URL = "https://mattermost.example/hooks/made-up-key"
OK = Response(status=200, body=b"ok")
Make = Callable[..., Message]
Run = Callable[..., tuple[list[Any], Outcome]]


def mattermost(**settings: Any) -> Sink:
    kind = SINKS["mattermost"]
    section = {"type": "mattermost", "url": URL, **settings}
    return kind.build("team", kind.settings.model_validate(section))


@pytest.mark.parametrize("body", [b"ok", b"ok\n"])
def test_only_ok_is_a_delivery(message: Make, exchange: Run, body: bytes) -> None:
    answer = Response(status=200, body=body)

    requests, outcome = exchange(mattermost(), message(), answer)

    assert requests[0].url.reveal() == URL
    assert isinstance(outcome, Delivered)


@pytest.mark.parametrize("body", [b"", b"not ok", b"<html>log in"])
def test_somebody_else_s_200_is_no_delivery(message: Make, exchange: Run, body: bytes) -> None:
    _, outcome = exchange(mattermost(), message(), Response(status=200, body=body))

    assert isinstance(outcome, Refused)


@pytest.mark.parametrize("piece", ["x", "\\*", "\\\\"])
def test_a_text_above_16_383_characters_is_said_and_cut(
    message: Make, exchange: Run, piece: str
) -> None:
    said = message(body=encode({"text": piece * 16_384, "attachments": [{"text": "y"}]}).decode())

    requests, _ = exchange(mattermost(), said, OK)

    text = json.loads(requests[0].body)["text"]
    assert mattermost().faults(said) == [
        f"text has {len(piece) * 16_384} characters, the service takes 16383"
    ]
    assert 16_381 < len(text) <= 16_383
    assert text == piece * ((len(text) - 1) // len(piece)) + "…"


def test_nothing_from_outside_pings_or_links() -> None:
    said = notice(findings=[finding(1, title=HOSTILE, package=HOSTILE)], name=HOSTILE)
    made = Renderer(None).render(said, sink="team", type="mattermost", format="card", template=None)

    document = json.loads(made.body)
    for text in (document["text"], document["attachments"][0]["text"]):
        assert not [word for word in ("@channel", "@here", "@all") if word in text]
        tokens = MarkdownIt().parse(text)
        links = [
            child.attrGet("href")
            for token in tokens
            for child in token.children or ()
            if child.type == "link_open"
        ]
        assert all(str(link).startswith(("https://security.snyk.io/", "https://app.snyk.io/"))
                   for link in links)  # fmt: skip


def test_another_url_is_a_problem_that_shows_the_shape() -> None:
    with pytest.raises(ValidationError, match=r"write https://mattermost\.example/hooks/KEY"):
        mattermost(url="https://mattermost.example/api/v4/posts")
