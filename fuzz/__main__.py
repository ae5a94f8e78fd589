"""Searches one target, or each in turn: `python -m fuzz [TARGET …] --seconds N`; see README.md."""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from fuzz.target import Target
from fuzz.targets import TARGETS

FOUND = Path("fuzz-found")
"""Where an input that broke something is left, in the folder that this is run in."""
_LONGEST_INPUT = 4096
_SECONDS_PER_INPUT = 10
_MEMORY_MB = 1024
_GRACE_SECONDS = 60
_EXECUTED = re.compile(rb"stat::number_of_executed_units:\s*(\d+)")
_NEW = re.compile(rb"Test unit written to (\S+)")


@dataclass(frozen=True, slots=True)
class Result:
    """What a search came to."""

    target: str
    seconds: float
    executions: int
    found: str
    """The file that holds what was found; empty: nothing."""

    def __str__(self) -> str:
        what = f"found {self.found}" if self.found else "found nothing"
        return f"{self.target}: {self.seconds:.0f} s, {self.executions:,} executions, {what}"


def search(target: Target, *, seconds: int, planted: bool, keep: Path | None) -> Result:
    """Runs one search; what it says goes to a log, of which the end is shown if it breaks off."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        words = list(_words(target, folder, keep or folder / "new", seconds=seconds))
        command = [sys.executable, "-m", "fuzz.search", target.name, _way(planted=planted), *words]
        log, began = folder / "log", time.monotonic()
        with log.open("wb") as out:
            code = subprocess.run(
                command, stdout=out, stderr=out, timeout=seconds + _GRACE_SECONDS, check=False
            ).returncode
        took, said = time.monotonic() - began, log.read_bytes()
    executed, new = _EXECUTED.search(said), _NEW.search(said)
    if executed is None or (code and not new):
        raise SystemExit(said[-4000:].decode(errors="replace"))
    if new and not planted:
        sys.stderr.write(said[-4000:].decode(errors="replace"))
    return Result(target.name, took, int(executed[1]), new[1].decode() if new else "")


def _way(*, planted: bool) -> str:
    return "planted" if planted else "sound"


def _words(target: Target, folder: Path, new: Path, *, seconds: int) -> Iterator[str]:
    words = folder / "words"
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in target.words))
    new.mkdir(parents=True, exist_ok=True)
    FOUND.mkdir(exist_ok=True)
    yield f"-max_total_time={seconds}"
    yield f"-max_len={_LONGEST_INPUT}"
    yield f"-timeout={_SECONDS_PER_INPUT}"
    yield f"-rss_limit_mb={_MEMORY_MB}"
    yield f"-dict={words}"
    yield f"-artifact_prefix={FOUND}/{target.name}-"
    yield "-print_final_stats=1"
    yield from (str(new), str(target.corpus))


def _escaped(word: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word.encode())


def main(words: Sequence[str]) -> int:
    """Searches; 1 where something was found, or a planted fault was not."""
    options = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    options.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    options.add_argument("--seconds", type=int, default=1200, help="for each target")
    options.add_argument("--planted", action="store_true", help="with a fault that must be found")
    options.add_argument("--keep", type=Path, help="a folder for the inputs that went new ways")
    chosen = options.parse_args(words)
    if find_spec("atheris") is None:
        options.error("atheris is missing: pip install -e '.[fuzz]'")
    unknown = [name for name in chosen.targets if name not in TARGETS]
    if unknown:
        options.error(f"no such target: {unknown[0]}")
    wrong = 0
    for name in chosen.targets or TARGETS:
        result = search(
            TARGETS[name], seconds=chosen.seconds, planted=chosen.planted, keep=chosen.keep
        )
        print(result, flush=True)
        wrong += bool(result.found) is not chosen.planted
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
