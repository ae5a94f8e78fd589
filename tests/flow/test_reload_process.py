"""The real program: told of changed files by a signal, by the files themselves, at its start."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.flow.conftest import Receiver, configuration

Start = Callable[..., Awaitable[Receiver]]
BROKEN = "tables: {}\nservr: {}\n"
PROBLEM = "more.yaml:2:1: servr: unknown key (did you mean 'server'?)"


@dataclass(slots=True)
class Program:
    """One run of `snyk-gateway serve`."""

    process: asyncio.subprocess.Process
    lines: list[dict[str, Any]] = field(default_factory=list)
    """What it logged."""
    words: list[str] = field(default_factory=list)
    """What it said otherwise."""
    came: asyncio.Condition = field(default_factory=asyncio.Condition)
    reader: asyncio.Task[None] | None = None

    async def read(self) -> None:
        assert self.process.stderr is not None
        while line := await self.process.stderr.readline():
            async with self.came:
                if line.startswith(b"{"):
                    self.lines.append(json.loads(line))
                else:
                    self.words.append(line.decode())
                self.came.notify_all()

    async def logged(self, event: str, number: int = 1) -> dict[str, Any]:
        """The line of that event, once there are so many."""

        def found() -> list[dict[str, Any]]:
            return [line for line in self.lines if line["event"] == event]

        async with asyncio.timeout(30), self.came:
            await self.came.wait_for(lambda: len(found()) >= number)
        return found()[number - 1]

    @property
    def admin(self) -> str:
        (line,) = (line for line in self.lines if line["event"] == "started")
        return f"http://{line['admin']}"

    async def asked(self, path: str) -> Any:
        async with (
            aiohttp.ClientSession() as client,
            client.get(f"{self.admin}{path}") as answer,
        ):
            return await answer.json() if "json" in answer.content_type else await answer.text()

    async def routes(self) -> list[str]:
        return [each["name"] for each in (await self.asked("/api/v1/routes"))["items"]]

    async def ended(self, number: signal.Signals | None = None) -> int:
        """Its exit code."""
        if number is not None and self.process.returncode is None:
            self.process.send_signal(number)
        code = await asyncio.wait_for(self.process.wait(), 30)
        if self.reader is not None:
            await self.reader
        return code


Serve = Callable[..., Awaitable[Program]]


async def run(*words: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", *words, stdout=pipe, stderr=pipe, env={**os.environ}
    )


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    programs: list[Program] = []

    async def start(config: Path, *words: str) -> Program:
        program = Program(await run("serve", "--config", str(config), *words))
        program.reader = asyncio.create_task(program.read())
        programs.append(program)
        return program

    yield start
    for program in programs:
        await program.ended(signal.SIGKILL)


async def command(*words: str) -> tuple[int | None, str, str]:
    """Exit code, answer and words of one command."""
    process = await run(*words)
    out, words_said = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode, out.decode(), words_said.decode()


def rules(folder: Path, receiver: Receiver, name: str) -> Path:
    return configuration(
        folder,
        sinks={"siem": {"type": "http", "url": receiver.url}},
        route={"sinks": ["siem"], "group_by": ["finding"], "routes": [{"name": name}]},
    )


def renamed(folder: Path, receiver: Receiver) -> None:
    rules(folder, receiver, "after")


def edited(folder: Path, _receiver: Receiver) -> None:
    file = folder / "config" / "gateway.yaml"
    with file.open("r+") as open_file:
        text = open_file.read().replace("before", "after ")
        open_file.seek(0)
        open_file.write(text)


def swapped(folder: Path, _receiver: Receiver) -> None:
    """As a mounted ConfigMap is."""
    mount = folder / "config"
    new = mount / "..2026_02"
    new.mkdir()
    text = (mount / "..data" / "gateway.yaml").read_text().replace("before", "after")
    (new / "gateway.yaml").write_text(text)
    (mount / "..data_tmp").symlink_to(new.name)
    (mount / "..data_tmp").replace(mount / "..data")


def mounted(config: Path) -> None:
    """Puts the file where a ConfigMap has it."""
    old = config / "..2026_01"
    old.mkdir()
    (config / "gateway.yaml").replace(old / "gateway.yaml")
    (config / "..data").symlink_to(old.name)
    (config / "gateway.yaml").symlink_to("..data/gateway.yaml")


@pytest.mark.parametrize("change", [renamed, edited, swapped])
async def test_changed_files_are_taken_without_a_word(
    tmp_path: Path, receiver: Start, serve: Serve, change: Callable[[Path, Receiver], None]
) -> None:
    siem = await receiver(204, "")
    config = rules(tmp_path, siem, "before")
    if change is swapped:
        mounted(config)
    program = await serve(config)
    await program.logged("started")

    change(tmp_path, siem)
    await program.logged("reloaded")

    assert await program.routes() == ["root", "after"]
    assert await program.ended(signal.SIGTERM) == 0


async def test_a_signal_has_the_files_read_at_once(
    tmp_path: Path, receiver: Start, serve: Serve
) -> None:
    siem = await receiver(204, "")
    program = await serve(rules(tmp_path, siem, "before"))
    await program.logged("started")

    program.process.send_signal(signal.SIGHUP)
    await program.logged("unchanged")
    rules(tmp_path, siem, "after")
    program.process.send_signal(signal.SIGHUP)
    await program.logged("reloaded")

    assert await program.routes() == ["root", "after"]
    assert await program.ended(signal.SIGTERM) == 0


async def test_broken_files_change_nothing_and_are_told_of_until_they_are_mended(
    tmp_path: Path, receiver: Start, serve: Serve
) -> None:
    siem = await receiver(204, "")
    config = rules(tmp_path, siem, "before")
    program = await serve(config)
    await program.logged("started")

    (config / "more.yaml").write_text(BROKEN)
    code, answer, words = await command("reload", "--url", program.admin)

    assert (code, answer) == (1, "")
    assert f"{config}/{PROBLEM}\n" in words
    assert await program.routes() == ["root", "before"]
    assert "gateway_config_reload_success 0.0" in await program.asked("/metrics")
    assert PROBLEM in (await program.asked("/api/v1/config"))["error"]
    (internal,) = await siem.wait_for(1)
    assert internal.json["kind"] == "reload_failed"
    assert PROBLEM in internal.json["text"]

    (config / "more.yaml").write_text("instance: mended\n")
    code, answer, _ = await command("reload", "--url", program.admin)

    assert (code, answer) in {(0, "reloaded\n"), (0, "unchanged\n")}  # the watch may be faster
    assert "gateway_config_reload_success 1.0" in await program.asked("/metrics")
    assert (await program.asked("/api/v1/config"))["error"] is None


async def accepted(config: Path, serve: Serve) -> None:
    """The configuration ran, and is in the store."""
    program = await serve(config)
    await program.logged("started")
    assert await program.ended(signal.SIGTERM) == 0


async def test_files_that_are_broken_at_the_start_are_replaced_by_those_accepted_last(
    tmp_path: Path, receiver: Start, serve: Serve
) -> None:
    siem = await receiver(204, "")
    config = rules(tmp_path, siem, "before")
    await accepted(config, serve)
    rules(tmp_path, siem, "after")
    (config / "more.yaml").write_text(BROKEN)

    program = await serve(config)
    await program.logged("started")

    assert await program.routes() == ["root", "before"]
    state = await program.asked("/api/v1/config")
    assert state["source"] == "store"
    assert PROBLEM in state["error"]
    assert "gateway_config_reload_success 0.0" in await program.asked("/metrics")
    (internal,) = await siem.wait_for(1)
    assert internal.json["kind"] == "reload_failed"

    (config / "more.yaml").unlink()
    await program.logged("reloaded")

    assert await program.routes() == ["root", "after"]
    state = await program.asked("/api/v1/config")
    assert (state["source"], state["error"]) == ("files", None)


async def test_strict_does_not_start_with_what_was_accepted_last(
    tmp_path: Path, receiver: Start, serve: Serve
) -> None:
    config = rules(tmp_path, await receiver(), "before")
    await accepted(config, serve)
    (config / "more.yaml").write_text(BROKEN)

    program = await serve(config, "--strict")

    assert await program.ended() == 3
    assert any(PROBLEM in line for line in program.words)


async def test_broken_files_and_an_empty_store_are_the_end(
    tmp_path: Path, receiver: Start, serve: Serve
) -> None:
    config = rules(tmp_path, await receiver(), "before")
    (config / "more.yaml").write_text(BROKEN)

    program = await serve(config)

    assert await program.ended() == 1
    assert any(PROBLEM in line for line in program.words)


async def test_a_failing_routing_test_is_only_a_warning_at_the_start(
    tmp_path: Path, receiver: Start, serve: Serve
) -> None:
    config = rules(tmp_path, await receiver(), "before")
    (config / "tests").mkdir()
    (config / "tests" / "rules.yaml").write_text(
        "- name: nobody hears of it\n  event: {sample: new-critical}\n  expect_none: [siem]\n"
    )

    program = await serve(config)

    warned = await program.logged("routing test failed")
    await program.logged("started")
    assert "rules.yaml:1:1: nobody hears of it" in warned["failure"]
    assert await program.ended(signal.SIGTERM) == 0
