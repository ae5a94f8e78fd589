import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from aiohttp import web
from pytest_aiohttp import AiohttpServer
from typer.testing import Result

from gateway import samples
from gateway.cli.simulate import events_of
from gateway.cli.webhook import verdict, webhook, webhook_url
from gateway.model.exchange import Response
from gateway.sources.signature import signature

SECRET = "made-up-secret-of-the-webhook"
AT = datetime(2026, 11, 23, 10, tzinfo=UTC)


class Gateway:
    """Answers as the public side does; keeps the bodies whose signatures hold."""

    def __init__(self, *statuses: int) -> None:
        self.bodies: list[bytes] = []
        self._statuses = iter(statuses)

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.read()
        if request.headers["X-Hub-Signature"] != signature(body, SECRET.encode()):
            return web.Response(status=401)
        status = next(self._statuses, 200)
        if status != 200:
            return web.Response(status=status)
        repeated = body in self.bodies
        self.bodies.append(body)
        said = "duplicate" if repeated else "accepted"
        return web.json_response({"event": "evt_1", "status": said})

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_post("/webhooks/snyk", self.answer)
        return application


async def simulated(
    run: Callable[..., Result],
    server_of: AiohttpServer,
    gateway: Gateway,
    *words: str,
    secret: str = SECRET,
) -> Result:
    server = await server_of(gateway.application())
    url = str(server.make_url("/"))
    return await asyncio.to_thread(run, "simulate", "--url", url, "--secret", secret, *words)


async def test_every_event_is_signed_and_distinct(
    run: Callable[..., Result], aiohttp_server: AiohttpServer
) -> None:
    gateway = Gateway()

    result = await simulated(run, aiohttp_server, gateway, "--count", "30")

    assert result.exit_code == 0, result.stderr
    assert len(set(gateway.bodies)) == 30
    assert result.stdout.startswith("     30  accepted\n     30  events in ")


async def test_words_on_the_way_go_to_stderr(
    run: Callable[..., Result], aiohttp_server: AiohttpServer
) -> None:
    result = await simulated(run, aiohttp_server, Gateway(), "--count", "20")

    assert result.stderr.splitlines()[-1] == "sending: 20 of 20"
    assert len(result.stderr.splitlines()) == 10


async def test_what_was_not_accepted_is_counted_by_status(
    run: Callable[..., Result], aiohttp_server: AiohttpServer
) -> None:
    gateway = Gateway(200, 503, 503)

    result = await simulated(run, aiohttp_server, gateway, "--count", "5", "--concurrency", "1")

    assert result.exit_code == 1
    assert result.stdout.startswith("      3  accepted\n      2  status 503\n")


async def test_a_wrong_secret_is_told_by_its_status(
    run: Callable[..., Result], aiohttp_server: AiohttpServer
) -> None:
    result = await simulated(run, aiohttp_server, Gateway(), secret="another-made-up-secret")

    assert result.exit_code == 1
    assert result.stdout.startswith("      1  status 401\n")


def test_no_gateway_is_one_line_and_exit_code_3(
    run: Callable[..., Result], unused_tcp_port: int
) -> None:
    url = f"http://127.0.0.1:{unused_tcp_port}"

    result = run("simulate", "--url", url, "--secret", SECRET, "--count", "100")

    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith(f"no answer from {url}/")
    assert result.stderr.count("\n") == 1


def test_an_unknown_scenario_is_wrong_usage(run: Callable[..., Result]) -> None:
    result = run("simulate", "--url", "http://g", "--secret", SECRET, "--scenario", "nothing")

    assert result.exit_code == 2
    assert "no sample 'nothing'; there are ping, clean, new-critical" in result.stderr


@pytest.mark.parametrize("scenario", [name for name in samples.NAMES if name != "large"])
def test_every_sample_can_be_made_in_any_number(scenario: str) -> None:
    events = [samples.encode(event) for event in events_of(scenario, 25, AT)]

    assert len(set(events)) == 25


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ("http://g:8080", "http://g:8080/webhooks/snyk"),
        ("http://g/", "http://g/webhooks/snyk"),
        ("https://g/behind/a/proxy/", "https://g/behind/a/proxy/webhooks/snyk"),
        ("https://g/webhooks/other", "https://g/webhooks/other"),
        ("https://g/webhooks/snyk/second", "https://g/webhooks/snyk/second"),
    ],
)
def test_a_bare_address_gets_the_path_of_the_webhook(url: str, whole: str) -> None:
    assert webhook_url(url) == whole


def test_a_ping_and_a_snapshot_are_named_by_their_header() -> None:
    ping, snapshot = (
        webhook("http://g", SECRET, samples.bodies(name, at=AT)[0], AT).headers
        for name in ("ping", "clean")
    )

    assert ping["X-Snyk-Event"] == "ping/v0"
    assert snapshot["X-Snyk-Event"] == "project_snapshot/v0"
    assert snapshot["X-Snyk-Timestamp"] == "2026-11-23T10:00:00Z"
    assert ping["X-Snyk-Transport-ID"] != snapshot["X-Snyk-Transport-ID"]


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, b'{"event":"evt_1","status":"accepted"}', "accepted"),
        (200, b'{"event":"evt_1","status":"unreadable"}', "unreadable"),
        (503, b"", "status 503"),
        (200, b"hello", "status 200, but not from a gateway"),
        (200, b"[]", "status 200, but not from a gateway"),
    ],
)
def test_an_answer_is_told_in_a_word(status: int, body: bytes, said: str) -> None:
    assert verdict(Response(status=status, body=body)) == said
