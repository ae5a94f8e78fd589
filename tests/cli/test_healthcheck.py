import asyncio
import subprocess
import sys

import pytest
from aiohttp import web
from pytest_aiohttp import AiohttpServer

from gateway.cli.healthcheck import healthcheck


def answering(status: int) -> web.Application:
    async def ready(_request: web.Request) -> web.Response:
        return web.Response(status=status)

    application = web.Application()
    application.router.add_get("/readyz", ready)
    return application


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1), (302, 1), (401, 1)])
@pytest.mark.parametrize("path", ["", "/", "/readyz"])
async def test_the_exit_code_says_whether_it_is_ready(
    status: int, code: int, path: str, aiohttp_server: AiohttpServer
) -> None:
    server = await aiohttp_server(answering(status))
    url = str(server.make_url("/")).rstrip("/") + path

    assert await asyncio.to_thread(healthcheck, ["--url", url]) == code


async def test_the_address_comes_from_the_environment(
    aiohttp_server: AiohttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await aiohttp_server(answering(200))
    monkeypatch.setenv("GATEWAY_HEALTH_URL", str(server.make_url("/readyz")))

    assert await asyncio.to_thread(healthcheck, []) == 0


def test_no_answer_is_3(unused_tcp_port: int, capsys: pytest.CaptureFixture[str]) -> None:
    code = healthcheck(["--url", f"http://127.0.0.1:{unused_tcp_port}"])

    assert code == 3
    assert capsys.readouterr().err.startswith(f"no answer from 127.0.0.1:{unused_tcp_port}")


@pytest.mark.parametrize("url", ["", "nowhere", "ftp://x", "http://", "http://h:99999999"])
def test_what_is_no_url_is_wrong_usage(url: str) -> None:
    with pytest.raises(SystemExit) as ended:
        healthcheck(["--url", url])

    assert ended.value.code == 2


def test_it_loads_no_library() -> None:
    code = (
        "import sys; sys.argv = ['snyk-gateway', 'healthcheck', '--url', 'http://127.0.0.1:1']\n"
        "import gateway.__main__ as program\n"
        "try: program.main()\n"
        "except SystemExit as end: assert end.code == 3\n"
        "assert not {'typer', 'rich', 'pydantic', 'aiohttp', 'asyncio'} & set(sys.modules)"
    )

    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)

    assert ended.returncode == 0, ended.stderr
