"""What the gateway takes while nothing happens, and how long its commands take to start."""

import asyncio
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

from bench.child import started
from bench.disk import scratch
from bench.gateway import PER_EVENT, configuration, serving
from bench.pairs import Run, in_turn, ratio
from bench.result import Figure, Part, Row, Spread

BASELINE = "import aiohttp, yaml, jinja2"
_NOWHERE = "http://127.0.0.1:9/"
_IMPORT = b"import time:"
Command = Sequence[str]


async def measure(*, quick: bool) -> Part:
    """Idle first, then the commands in turn."""
    rounds, settled, seconds, kinds = (1, 0.5, 1.0, 4) if quick else (5, 2.0, 10.0, 5)
    with scratch() as name:
        folder = Path(name)
        file = folder / "gateway.yaml"
        file.write_text(configuration(folder, _NOWHERE, PER_EVENT))
        commands: dict[str, Command] = {
            f"python -c '{BASELINE}'": ("-c", BASELINE),
            "check": ("-m", "gateway", "check", str(file)),
            "explain": ("-m", "gateway", "explain", "sample:new-critical", "--config", str(file)),
        }
        runs: dict[str, Run[float]] = {
            **{name: partial(_command, folder, words) for name, words in commands.items()},
            "serve": partial(_serve, folder),
            "serve, an empty store": _serve_anew,
        }
        counted = {} if quick else commands
        idle = await _idle(folder, settled, seconds)  # it makes the store, too
        took = await _starts(rounds, dict(islice(runs.items(), kinds)))
        modules = {name: await _modules(folder, words) for name, words in counted.items()}
    return Part(
        name="idle",
        title="At rest, and at the start",
        rows=[idle, *_rows(took, modules)],
        notes=[
            (
                f"At rest: {seconds:g} s of a gateway that never had an event, {settled:g} s "
                f"after it was ready. Starts: ratios against the first row, rounds: {rounds}; "
                "`serve` counts until it is ready, over a store that was there where its row says "
                "nothing else. One small configuration."
            ),
        ],
    )


async def _idle(folder: Path, settled: float, seconds: float) -> Row:
    async with serving(folder) as ours:
        await asyncio.sleep(settled)
        before = ours.child.cpu_seconds
        await asyncio.sleep(seconds)
        used = (ours.child.cpu_seconds - before) / seconds
        return Row(
            what="serve, at rest",
            figures={"memory, MiB": ours.child.memory, "processor, %": used * 100},
        )


async def _starts(rounds: int, runs: Mapping[str, Run[float]]) -> Mapping[str, Sequence[float]]:
    """Seconds by name."""
    columns = zip(*await in_turn(rounds, *runs.values()), strict=True)
    return dict(zip(runs, columns, strict=True))


def _rows(took: Mapping[str, Sequence[float]], modules: Mapping[str, int]) -> Iterator[Row]:
    base = next(iter(took.values()))
    for name, seconds in took.items():
        figures: dict[str, Figure] = {"s": Spread.of(seconds), "ratio": ratio(seconds, base)}
        if modules:
            figures["modules"] = modules.get(name, "-")
        yield Row(what=name, figures=figures)


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
