import asyncio
import sys
from asyncio.subprocess import DEVNULL, Process
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web
from pytest_aiohttp import AiohttpServer

from gateway.cli.demo.child import ready, stop
from gateway.errors import CannotStart


class Hurried:
    """A clock on which waiting takes no time."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        return datetime(2026, 11, 23, tzinfo=UTC)

    def monotonic(self) -> float:
        return self.passed

    async def sleep(self, seconds: float) -> None:
        self.passed += seconds
        await asyncio.sleep(0)

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        del event
        await self.sleep(seconds)


async def python(code: str) -> Process:
    return await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdin=DEVNULL)


async def waiting() -> Process:
    return await python("import signal; signal.pause()")


async def test_a_process_that_runs_is_ended() -> None:
    process = await waiting()

    await stop(process)

    assert process.returncode == -15


async def test_a_process_that_ended_by_itself_is_left_alone() -> None:
    process = await python("raise SystemExit(7)")
    await process.wait()

    await stop(process)

    assert process.returncode == 7


async def test_it_is_ready_once_it_says_so(tmp_path: Path, aiohttp_server: AiohttpServer) -> None:
    statuses = iter([503, 503, 200])

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=next(statuses))

    application = web.Application()
    application.router.add_get("/readyz", answer)
    server = await aiohttp_server(application)
    process = await waiting()

    await ready(process, tmp_path, str(server.make_url("/readyz")), Hurried())

    await stop(process)
    assert next(statuses, None) is None


async def test_a_gateway_that_ends_early_leaves_its_last_words(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    (tmp_path / "gateway.log").write_text("\n".join(f"line {n}" for n in range(100)))
    process = await python("pass")
    await process.wait()

    with pytest.raises(CannotStart) as refused:
        await ready(process, tmp_path, f"http://127.0.0.1:{unused_tcp_port}", Hurried())

    assert str(refused.value).splitlines()[1:] == [f"line {n}" for n in range(80, 100)]


async def test_waiting_for_it_has_an_end(tmp_path: Path, unused_tcp_port: int) -> None:
    (tmp_path / "gateway.log").write_text("")
    process = await waiting()

    with pytest.raises(CannotStart):
        await ready(process, tmp_path, f"http://127.0.0.1:{unused_tcp_port}", Hurried())

    await stop(process)
