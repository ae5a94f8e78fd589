import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from pytest_aiohttp import AiohttpServer
from typer.testing import CliRunner, Result

from gateway.cli.program import app

Run = Callable[..., Result]
Command = Callable[..., Awaitable[Result]]


@pytest.fixture
def run() -> Run:
    """Runs one command line with nobody watching a terminal."""
    runner = CliRunner()
    return lambda *words, **options: runner.invoke(app, list(words), **options)


class AdminApi:
    """An admin API that answers as told, by path, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.problems: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, str, Any]] = []

    async def answer(self, request: web.Request) -> web.Response:
        path = request.path.removeprefix("/api/v1/")
        said = await request.json() if request.method == "POST" else dict(request.query)
        self.asked.append((request.method, path, said))
        if path in self.answers:
            return web.json_response(self.answers[path])
        problem = self.problems.get(path, {"status": 404, "detail": "no such thing"})
        kind = "application/problem+json"
        return web.json_response(problem, status=problem["status"], content_type=kind)


@pytest.fixture
def api() -> AdminApi:
    return AdminApi()


@pytest.fixture
async def ask(
    api: AdminApi, aiohttp_server: AiohttpServer, run: Run, monkeypatch: pytest.MonkeyPatch
) -> Command:
    """Runs a command against the API, which serves meanwhile."""
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", api.answer)
    server = await aiohttp_server(application)
    monkeypatch.setenv("GATEWAY_ADMIN_URL", str(server.make_url("/")))

    async def run_beside(*words: str) -> Result:
        return await asyncio.to_thread(run, *words)

    return run_beside
