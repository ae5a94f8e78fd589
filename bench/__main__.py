"""Measures one part after the other: `python -m bench [--quick] [PART …]`; see README.md."""

import argparse
import asyncio
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol

from bench import report, results
from bench.cores import stand_aside
from bench.machine import machine
from bench.result import Part
from bench.results import Result

PARTS = ("accept", "latency", "sustained", "peers", "delay", "sizes", "idle", "routes")
LONG = ("backlog", "replicas")
"""Only when they are asked for."""


class Measure(Protocol):
    """What each part's module has."""

    async def __call__(self, *, quick: bool) -> Part:
        """Takes some seconds where it is to be quick, else a minute or more."""
        ...


def main(words: Sequence[str]) -> int:
    """Measures, and writes it all down; 1 where a part broke, whatever became of the goals."""
    options = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    options.add_argument("parts", nargs="*", metavar="PART", help=", ".join([*PARTS, *LONG]))
    options.add_argument("--quick", action="store_true", help="to see that it runs")
    asked = options.parse_args(words)
    if unknown := [name for name in asked.parts if name not in PARTS + LONG]:
        options.error(f"no such part: {unknown[0]}")
    here = machine()
    _say("\n".join(f"{name}: {value}" for name, value in here.items()))
    _say(f"{results.QUICK}\n" if asked.quick else "")
    done = [(name, _measured(name, here, quick=asked.quick)) for name in asked.parts or PARTS]
    _summary(here)
    for part in filter(None, (part for _, part in done)):
        _say("\n".join(report.goals(part)))
    broken = [name for name, part in done if part is None]
    if broken:
        _say(f"broken      {', '.join(broken)}")
    return 1 if broken else 0


def _measured(name: str, here: Mapping[str, str], *, quick: bool) -> Part | None:
    """None where it broke; what broke it is shown."""
    stand_aside()
    began = time.monotonic()
    try:
        measure: Measure = import_module(f"bench.{name}").measure
        part = asyncio.run(measure(quick=quick))
    except (Exception, SystemExit):  # noqa: BLE001 - the other parts can still be measured
        traceback.print_exc()
        return None
    results.write(Result.now(part, here, quick=quick))
    _say(f"{report.text(part)}\n{name} took {time.monotonic() - began:.0f} s\n")
    return part


def _summary(here: Mapping[str, str]) -> None:
    """A table and a picture of all that was measured here last, whenever that was."""
    last = [results.read(name) for name in (*PARTS, *LONG)]
    held = [each for each in last if each and each.machine == here]
    (results.FOLDER / "table.md").write_text(report.markdown(held, here))
    if find_spec("matplotlib") is None:
        _say("no picture: matplotlib is missing, pip install -e '.[bench]'")
        return
    import_module("bench.picture").draw(held, results.FOLDER / "picture.svg")


def _say(what: str) -> None:
    if what:
        sys.stdout.write(what + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
