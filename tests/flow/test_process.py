"""The real program in a process of its own: started, killed, stopped."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from gateway import samples
from gateway.sources.snyk import signed_headers
from tests.flow.conftest import SECRET, Receiver, configuration

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
Start = Callable[..., Awaitable[Receiver]]


@dataclass(slots=True)
class Program:
    """One run of `snyk-gateway serve`."""

    process: asyncio.subprocess.Process
    lines: list[str]
    reader: asyncio.Task[None]
    public: str = ""

    async def started(self) -> None:
        async with asyncio.timeout(30):
            while not self.public:
                assert self.process.returncode is None, self.lines
                await asyncio.sleep(0.02)
                for line in self.lines:
                    if '"started"' in line:
                        self.public = json.loads(line)["public"]

    async def post(self, body: bytes, number: int) -> int:
        headers = signed_headers(
            body,
            SECRET,
            event="project_snapshot/v0",
            transport_id=str(number),
            timestamp="2026-03-01T12:00:00Z",
        )
        url = f"http://{self.public}/webhooks/snyk"
        async with (
            aiohttp.ClientSession() as client,
            client.post(url, data=body, headers=headers) as answer,
        ):
            return answer.status

    async def end(self, number: signal.Signals) -> int:
        if self.process.returncode is None:
            self.process.send_signal(number)
        code = await asyncio.wait_for(self.process.wait(), 30)
        await self.reader
        return code


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[Path], Awaitable[Program]]]:
    programs: list[Program] = []

    async def start(config: Path) -> Program:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "gateway",
            "serve",
            "--config",
            str(config),
            stderr=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            env={**os.environ, "CHAT_PATH": "services/T0/B0/very-secret-path"},
        )
        lines: list[str] = []
        program = Program(process, lines, asyncio.create_task(read(process, lines)))
        programs.append(program)
        return program

    yield start
    for program in programs:
        await program.end(signal.SIGKILL)


async def read(process: asyncio.subprocess.Process, lines: list[str]) -> None:
    assert process.stderr is not None
    while line := await process.stderr.readline():
        lines.append(line.decode())


def config(folder: Path, receiver: Receiver) -> Path:
    return configuration(
        folder,
        sinks={"chat": {"type": "slack", "url": receiver.url + "/${CHAT_PATH}", "rate": "100/s"}},
        route={"sinks": ["chat"], "group_by": ["finding"]},
    )


async def send(program: Program, numbers: range) -> None:
    for number in numbers:
        body = samples.encode(samples.bodies("new-critical", number=number, at=AT)[0])
        assert await program.post(body, number) == 200


async def test_it_says_how_it_runs(
    tmp_path: Path, receiver: Start, serve: Callable[[Path], Awaitable[Program]]
) -> None:
    program = await serve(config(tmp_path, await receiver()))

    await program.started()

    (line,) = (said for each in program.lines if (said := json.loads(each))["event"] == "started")
    assert (line["loop"], line["sinks"]) == ("uvloop", ["chat"])


async def test_nothing_acknowledged_is_lost_when_the_process_is_killed(
    tmp_path: Path, receiver: Start, serve: Callable[[Path], Awaitable[Program]]
) -> None:
    chat = await receiver()
    chat.gate.clear()
    folder = config(tmp_path, chat)
    first = await serve(folder)
    await first.started()
    await send(first, range(20))

    await first.end(signal.SIGKILL)
    chat.gate.set()
    chat.got.clear()
    second = await serve(folder)

    got = await chat.wait_for(20)
    projects = {each.json["attachments"][0]["fallback"] for each in got if "fallback" in each.json}
    assert len(projects) <= 20
    assert len({each.body for each in got}) == 20
    assert await second.end(signal.SIGTERM) == 0


async def test_sigterm_finishes_what_is_in_flight_and_exits_0(
    tmp_path: Path, receiver: Start, serve: Callable[[Path], Awaitable[Program]]
) -> None:
    chat = await receiver()
    chat.gate.clear()
    folder = config(tmp_path, chat)
    program = await serve(folder)
    await program.started()
    await send(program, range(1))
    await chat.wait_for(1)

    program.process.send_signal(signal.SIGTERM)
    chat.gate.set()

    assert await program.end(signal.SIGTERM) == 0
    assert any('"delivered"' in line for line in program.lines)
    assert '"stopped"' in program.lines[-1]


async def test_log_has_no_secret_in_it(
    tmp_path: Path, receiver: Start, serve: Callable[[Path], Awaitable[Program]]
) -> None:
    chat = await receiver(403, "invalid_token services/T0/B0/very-secret-path")
    program = await serve(config(tmp_path, chat))
    await program.started()
    await send(program, range(1))
    await chat.wait_for(1)

    assert await program.end(signal.SIGTERM) == 0

    log = "".join(program.lines)
    assert "invalid_token" in log
    assert "very-secret-path" not in log
    assert SECRET not in log


async def test_second_process_on_the_same_database_is_refused_in_one_line(
    tmp_path: Path, receiver: Start, serve: Callable[[Path], Awaitable[Program]]
) -> None:
    folder = config(tmp_path, await receiver())
    first = await serve(folder)
    await first.started()

    second = await serve(folder)

    assert await asyncio.wait_for(second.process.wait(), 30) == 3
    await second.reader
    assert len([line for line in second.lines if "gateway.db" in line]) == 1
    assert not any("Traceback" in line for line in second.lines)


async def test_broken_configuration_is_told_with_its_place_and_exit_code(
    tmp_path: Path, receiver: Start, serve: Callable[[Path], Awaitable[Program]]
) -> None:
    folder = config(tmp_path, await receiver())
    (folder / "more.yaml").write_text("servr: {}\n")

    program = await serve(folder)

    assert await asyncio.wait_for(program.process.wait(), 30) == 1
    await program.reader
    assert any("more.yaml:1:1: servr: unknown key" in line for line in program.lines)
