"""The built-in preset, judged by Discord's own OpenAPI description, and by what that leaves out.

https://docs.discord.com/developers/resources/webhook#execute-webhook
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest
from openapi_core.validation.request.exceptions import InvalidRequestBody
from pydantic import ValidationError

from gateway.codec import encode
from gateway.model.exchange import Delivered, Message, Outcome, Refused, Request, Response, TryAgain
from gateway.model.secret import Concealed
from gateway.rendering.rendering import Renderer
from gateway.sinks.catalogue import SINKS
from gateway.sinks.sink import Sink
from tests.rendering.conftest import HOSTILE, finding, notice

CONTRACTS = Path(__file__).parents[1] / "fixtures/contracts"
API = OpenAPI.from_path(CONTRACTS / "discord-execute-webhook.openapi31.json")
PATH = "/api/v10/webhooks/123456789012345678/made-up-token"
URL = f"https://discord.com{PATH}"
OK = Response(status=200, body=b'{"id":"223456789012345678","content":"hi"}')
Make = Callable[..., Message]
Run = Callable[..., tuple[list[Any], Outcome]]


def discord(**settings: Any) -> Sink:
    kind = SINKS["discord"]
    section = {"type": "discord", "url": URL, **settings}
    return kind.build("team", kind.settings.model_validate(section))


def judged(request: Any) -> dict[str, Any]:
    """The body, once Discord's description of the API has found nothing wrong with the request."""
    url, _, query = request.url.reveal().partition("?")
    assert url == URL
    host, path = "https://discord.com", url.removeprefix("https://discord.com")
    args = dict(pair.split("=") for pair in query.split("&"))
    API.validate_request(
        MockRequest(
            host, request.method.lower(), path, args=args, data=request.body,
            content_type=request.headers["Content-Type"],
        )
    )  # fmt: skip
    document: dict[str, Any] = json.loads(request.body)
    return document


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from texts(each)


def weighed(document: dict[str, Any]) -> int:
    """The characters that Discord adds up over all embeds."""
    total = 0
    for embed in document["embeds"]:
        total += len(embed.get("title", "")) + len(embed.get("description", ""))
        total += len(embed.get("footer", {}).get("text", ""))
        total += len(embed.get("author", {}).get("name", ""))
        total += sum(len(each["name"]) + len(each["value"]) for each in embed.get("fields", ()))
    return total


@pytest.mark.parametrize(
    "said",
    [
        notice(findings=[finding()]),
        notice(findings=[finding(each) for each in range(500)], fixed=[finding(501)]),
        notice(findings=[finding(1, title=HOSTILE, package=HOSTILE)], name=HOSTILE),
        notice("close", findings=[], fixed=[finding()]),
        notice("update", findings=[finding(1, severity="")], new=0, fixed=[finding(2)]),
    ],
    ids=["one", "many", "hostile", "close", "update"],
)
def test_what_is_sent_is_what_discord_describes(message: Make, exchange: Run, said: Any) -> None:
    sink = discord()
    rendered = Renderer(None).render(
        said,
        sink="team",
        type="discord",
        format="card",
        template=None,
        fits=lambda body: not sink.faults(message(body=body)),
    )

    requests, outcome = exchange(sink, message(body=rendered.body), OK)

    document = judged(requests[0])
    assert document["allowed_mentions"] == {"parse": []}
    assert weighed(document) <= 6000
    assert all(field["name"] and field["value"] for field in document["embeds"][0]["fields"])
    assert not [text for text in texts(document) if "@everyone" in text or "@here" in text]
    assert outcome == Delivered(status=200, detail='{"id":"223456789012345678","content":"hi"}')


def test_discord_is_asked_whether_it_kept_the_message(message: Make, exchange: Run) -> None:
    plain, _ = exchange(discord(), message(), OK)
    thread, _ = exchange(discord(url=URL + "?thread_id=323456789012345678"), message(), OK)

    assert plain[0].url.reveal() == URL + "?wait=true"
    assert thread[0].url.reveal() == URL + "?thread_id=323456789012345678&wait=true"


def test_a_template_cannot_allow_mentions(message: Make, exchange: Run) -> None:
    body = '{"content": "@everyone", "allowed_mentions": {"parse": ["everyone"]}}'

    requests, _ = exchange(discord(), message(body=body), OK)

    assert judged(requests[0])["allowed_mentions"] == {"parse": []}


TOO_MUCH: dict[str, Any] = {
    "content": "c" * 2001,
    "username": "u" * 81,
    "embeds": [
        {
            "title": "t" * 257,
            "description": "d" * 4097,
            "author": {"name": "a" * 257},
            "footer": {"text": "f" * 2049},
            "fields": [{"name": "n" * 257, "value": "v" * 1025}] * 26,
        }
    ]
    * 11,
}


def test_the_judge_finds_fault_with_what_is_not_cut() -> None:
    request = Request(
        method="POST",
        url=Concealed(URL + "?wait=true"),
        headers={"Content-Type": "application/json"},
        body=encode(TOO_MUCH),
    )

    with pytest.raises(InvalidRequestBody):
        judged(request)


def test_what_is_too_much_is_said_and_cut(message: Make, exchange: Run) -> None:
    said = message(body=encode(TOO_MUCH).decode())

    faults = discord().faults(said)
    requests, _ = exchange(discord(), said, OK)

    document = judged(requests[0])
    assert len(faults) == 11
    assert (len(document["content"]), len(document["username"])) == (2000, 80)
    assert len(document["embeds"]) == 10
    assert weighed(document) <= 6000
    assert all(text.endswith("…") for text in texts(document["embeds"][0]))


def test_the_sum_over_all_embeds_is_spent_whole(message: Make, exchange: Run) -> None:
    embeds = [{"title": "short", "description": "d" * 3500}, {"description": "e" * 3500}]
    said = message(body=encode({"embeds": embeds}).decode())

    requests, _ = exchange(discord(), said, OK)

    document = judged(requests[0])
    assert document["embeds"][0]["title"] == "short"
    assert 5998 <= weighed(document) <= 6000
    assert "characters, the service takes 6000" in discord().faults(said)[0]


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        ({}, b'{"message":"slow down","retry_after":1.57,"global":false}', 1.57),
        ({"retry-after": "2"}, b'{"retry_after":1.57}', 2.0),
        ({"retry-after": "1"}, b'{"retry_after":99999}', 3600.0),
        ({"retry-after": "3"}, b"<html>Cloudflare", 3.0),
        ({}, b'{"retry_after":"soon"}', None),
        ({}, b'{"retry_after":true}', None),
    ],
)
def test_discord_says_in_the_body_how_long_to_wait(
    message: Make, exchange: Run, headers: dict[str, str], body: bytes, expected: float | None
) -> None:
    _, outcome = exchange(discord(), message(), Response(status=429, headers=headers, body=body))

    assert isinstance(outcome, TryAgain)
    assert (outcome.reason, outcome.retry_after) == ("rate_limited", expected)


def test_a_webhook_that_is_gone_is_left_alone(message: Make, exchange: Run) -> None:
    answer = Response(status=404, body=b'{"message":"Unknown Webhook","code":10015}')

    _, outcome = exchange(discord(), message(), answer)

    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.endpoint) == ("not_found", True)


def test_a_form_that_discord_refuses_is_this_message_s_fault(message: Make, exchange: Run) -> None:
    answer = Response(status=400, body=b'{"message":"Invalid Form Body","code":50035}')

    _, outcome = exchange(discord(), message(), answer)

    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.endpoint) == ("bad_request", False)


@pytest.mark.parametrize("url", ["https://discord.com/channels/1/2", "https://chat.example/x"])
def test_another_url_is_a_problem_that_shows_the_shape(url: str) -> None:
    with pytest.raises(ValidationError, match=r"write https://discord\.com/api/webhooks/"):
        discord(url=url)


def test_an_unset_url_has_a_placeholder_in_offline_commands() -> None:
    assert discord(url="unset-DISCORD_URL-placeholder").settings.type == "discord"
