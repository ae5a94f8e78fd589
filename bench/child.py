"""A process on the core that is measured."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.cores import pin

_TICKS = float(os.sysconf("SC_CLK_TCK"))  # of a second of processor time, in /proc (man 5 proc)
_STARTS_WITHIN = 60.0
# What is installed has its bytecode: a start that compiles every module anew is nobody's.
_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"


@dataclass(frozen=True, slots=True)
class Child:
    """What was started, and what it used."""

    process: asyncio.subprocess.Process
    log: Path
    """Its standard output and error."""

    @property
    def cpu_seconds(self) -> float:
        """Of processor time, with the processes that it started, living and dead."""
        return cpu_seconds(self.process.pid)

    @property
    def memory(self) -> float:
        """MiB that are resident."""
        return self._status("VmRSS")

    @property
    def most_memory(self) -> float:
        """MiB that were resident at the most."""
        return self._status("VmHWM")

    def _status(self, name: str) -> float:
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith(name))) / 1024

    async def says(self, word: str) -> str:
        """The first line of its log that holds the word."""
        async with asyncio.timeout(_STARTS_WITHIN):
            while True:
                whole, _, _ = self.log.read_text(errors="replace").rpartition("\n")
                for line in whole.splitlines():
                    if word in line:
                        return line
                if self.process.returncode is not None:
                    raise SystemExit(f"it ended: {self.log.read_text()[-2000:]}")
                await asyncio.sleep(0.005)

    async def ended(self) -> None:
        """Returns when it has ended well; raises where it ended otherwise."""
        if code := await self.process.wait():
            raise RuntimeError(f"it ended with {code}: {self.log.read_text()[-2000:]}")

    async def kill(self) -> None:
        """Ends it as a power cut would."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        await self.process.wait()


def cpu_seconds(pid: int) -> float:
    """Of a process with those that it started, living and dead."""
    process = Path(f"/proc/{pid}")
    fields = _read(process / "stat").rpartition(")")[2].split()
    # each thread has a list of the processes that it started
    children = " ".join(_read(each) for each in process.glob("task/*/children")).split()
    # utime, stime, cutime, cstime
    own = sum(map(int, fields[11:15])) / _TICKS
    return own + sum(cpu_seconds(int(child)) for child in children)


def _read(path: Path) -> str:
    """Nothing where the process or the thread has ended."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return path.read_text()
    return ""


@asynccontextmanager
async def started(arguments: Sequence[str | Path], log: Path) -> AsyncIterator[Child]:
    """The process, killed at the end with all that it started."""
    with log.open("wb") as written:
        process = await asyncio.create_subprocess_exec(
            *arguments,
            stdout=written,
            stderr=written,
            preexec_fn=pin,
            start_new_session=True,
            env={name: value for name, value in os.environ.items() if name != _NO_BYTECODE},
        )
    child = Child(process, log)
    try:
        yield child
    finally:
        await child.kill()
