import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from gateway.errors import (
    GatewayError,
    Misused,
    NotFound,
    SettingsError,
    Unreachable,
    Unreadable,
)
from gateway.transport.admin import call


@pytest.fixture
async def gateway() -> AsyncIterator[str]:
    """A stand-in for the admin API; yields its address."""

    async def echo(request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != "Bearer made-up-token":
            return web.json_response({"title": "Unauthorized"}, status=401)
        body = await request.text()
        return web.json_response(
            {"query": dict(request.query), "body": body, "type": request.content_type}
        )

    async def refused(request: web.Request) -> web.Response:
        status = int(request.match_info["status"])
        problem = {"title": "a title", "detail": "limit is not a number"}
        more = {"problems": request.query.getall("problem")} if request.query else {}
        kind = "application/problem+json"
        return web.json_response(problem | more, status=status, content_type=kind)

    async def page(_: web.Request) -> web.Response:
        return web.Response(text="<html>", content_type="text/html")

    app = web.Application()
    app.router.add_route("*", "/api/v1/echo", echo)
    app.router.add_get("/api/v1/refused/{status}", refused)
    app.router.add_get("/api/v1/page", page)
    server = TestServer(app)
    await server.start_server()
    yield str(server.make_url("/"))
    await server.close()


async def test_the_answer_is_decoded(gateway: str) -> None:
    answer = await call(gateway, "made-up-token", "GET", "/api/v1/echo", query={"sink": "a b"})

    assert answer["query"] == {"sink": "a b"}


async def test_a_change_is_sent_as_json(gateway: str) -> None:
    answer = await call(gateway, "made-up-token", "POST", "/api/v1/echo", body={"dry_run": True})

    assert (answer["type"], answer["body"]) == ("application/json", '{"dry_run":true}')


@pytest.mark.parametrize(
    ("path", "token", "says"),
    [
        ("/api/v1/echo", None, "GATEWAY_ADMIN_TOKEN"),
        ("/api/v1/echo", "another", "GATEWAY_ADMIN_TOKEN"),
        ("/api/v1/refused/405", None, "limit is not a number"),
        ("/api/v1/page", None, "not a gateway's admin address"),
    ],
)
async def test_a_refusal_is_one_line_that_says_what_to_do(
    gateway: str, path: str, token: str | None, says: str
) -> None:
    with pytest.raises(Unreachable, match=says) as caught:
        await call(gateway, token, "GET", path)

    assert "\n" not in str(caught.value)
    assert "another" not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "kind", "says"),
    [
        ("400", Misused, "limit is not a number"),
        ("400?problem=a&problem=b", Misused, "a\nb"),
        ("404", NotFound, "limit is not a number"),
        ("409", Unreachable, "the gateway refused: limit is not a number"),
        ("422", Unreadable, "limit is not a number"),
        ("500", Unreachable, "the gateway refused: limit is not a number"),
    ],
)
async def test_a_problem_is_an_error_that_says_what_to_do(
    gateway: str, path: str, kind: type[GatewayError], says: str
) -> None:
    with pytest.raises(kind) as caught:
        await call(gateway, None, "GET", f"/api/v1/refused/{path}")

    assert str(caught.value) == says


async def test_problems_of_a_configuration_are_kept_apart(gateway: str) -> None:
    with pytest.raises(SettingsError) as caught:
        await call(gateway, None, "GET", "/api/v1/refused/409?problem=a&problem=b")

    assert caught.value.problems == ("a", "b")


async def test_what_is_not_there_is_told_apart(gateway: str) -> None:
    with pytest.raises(NotFound, match="no such thing: /api/v1/deliveries/dlv_1"):
        await call(gateway, None, "GET", "/api/v1/deliveries/dlv_1")


async def test_nobody_there_says_how_to_name_another_address() -> None:
    with pytest.raises(Unreachable, match="is the gateway running"):
        await call(f"http://127.0.0.1:{unused_port()}", None, "GET", "/api/v1/events")


@pytest.mark.parametrize("url", ["not a url", "http://", "ftp://example.com", "localhost:8081"])
async def test_a_wrong_address_says_how_to_write_one(url: str) -> None:
    with pytest.raises(Unreachable, match="http://host:port"):
        await call(url, None, "GET", "/api/v1/events")


async def test_a_token_that_is_no_header_is_said_to_be_one() -> None:
    with pytest.raises(Unreachable, match="GATEWAY_ADMIN_TOKEN"):
        await call("http://127.0.0.1:1", "two\nlines", "GET", "/api/v1/events")


async def test_silence_ends() -> None:
    never = asyncio.Event()

    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await never.wait()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(silent, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(Unreachable, match="did not answer"):
            await call(f"http://127.0.0.1:{port}", None, "GET", "/", patience=0.05)
        never.set()
