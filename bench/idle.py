"""What the gateway takes while nothing happens, and how long its commands take to start."""

import asyncio
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from bench import gateway
from bench.child import started
from bench.disk import scratch
from bench.gateway import PER_EVENT, configuration, serving
from bench.pairs import Run, in_turn, ratio
from bench.result import Part, Row, Spread

BASELINE = "import aiohttp, yaml, jinja2"
_SETTLED = 2.0
_NOWHERE = "http://127.0.0.1:9/"
_IMPORT = b"import time:"
Command = Sequence[str]


async def measure(*, quick: bool) -> Part:
    """Idle first, then the commands in turn."""
    rounds, seconds = (1, 1.0) if quick else (5, 10.0)
    with scratch() as name:
        folder = Path(name)
        file = folder / "gateway.yaml"
        file.write_text(configuration(folder, _NOWHERE, PER_EVENT))
        commands: dict[str, Command] = {
            f"python -c '{BASELINE}'": ("-c", BASELINE),
            "check": ("-m", "gateway", "check", str(file)),
            "explain": ("-m", "gateway", "explain", "sample:new-critical", "--config", str(file)),
        }
        rows = [await _idle(seconds), *await _starts(folder, commands, rounds)]
    return Part(
        name="idle",
        title="At rest, and at the start",
        rows=rows,
        notes=[
            (
                f"At rest: {seconds:g} s of a gateway that never had an event, {_SETTLED:g} s "
                f"after it was ready. Starts: ratios against the first row, rounds: {rounds}; "
                "`serve` counts until it is ready, over a store that was there and over an empty "
                "one. One small configuration."
            ),
        ],
    )


async def _idle(seconds: float) -> Row:
    async with gateway.running(_NOWHERE, PER_EVENT) as ours:
        await asyncio.sleep(_SETTLED)
        before = ours.child.cpu_seconds
        await asyncio.sleep(seconds)
        used = (ours.child.cpu_seconds - before) / seconds
        return Row(
            what="serve, at rest",
            figures={"memory, MiB": ours.child.memory, "processor, %": used * 100},
        )


async def _starts(folder: Path, commands: dict[str, Command], rounds: int) -> list[Row]:
    runs: dict[str, Run[float]] = {
        **{name: partial(_command, folder, words) for name, words in commands.items()},
        "serve": partial(_serve, folder),
        "serve, an empty store": _serve_anew,
    }
    await _serve(folder)  # which makes the store
    columns = zip(*await in_turn(rounds, *runs.values()), strict=True)
    took = dict(zip(runs, columns, strict=True))
    base = next(iter(took.values()))
    rows = []
    for name, seconds in took.items():
        modules = await _modules(folder, commands[name]) if name in commands else "-"
        figures = {"s": Spread.of(seconds), "ratio": ratio(seconds, base), "modules": modules}
        rows.append(Row(what=name, figures=figures))
    return rows


async def _command(folder: Path, words: Command) -> float:
    began = time.perf_counter()
    async with started([sys.executable, *words], folder / "said") as child:
        await child.ended()
        return time.perf_counter() - began


async def _serve(folder: Path) -> float:
    began = time.perf_counter()
    async with serving(folder):
        return time.perf_counter() - began


async def _serve_anew() -> float:
    with scratch() as name:
        folder = Path(name)
        (folder / "gateway.yaml").write_text(configuration(folder, _NOWHERE, PER_EVENT))
        return await _serve(folder)


async def _modules(folder: Path, words: Command) -> int:
    """How many it imports."""
    said = folder / "imports"
    async with started([sys.executable, "-X", "importtime", *words], said) as child:
        await child.ended()
    return sum(line.startswith(_IMPORT) for line in said.read_bytes().splitlines())
