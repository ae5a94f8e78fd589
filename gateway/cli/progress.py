"""How far a long command is: a bar on a terminal, a line now and then elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from gateway.cli.streams import tell

_LINES = 10


class Advance(Protocol):
    """To be called once more is done."""

    def __call__(self, steps: int = 1, /) -> None:
        """That many steps are done since the last call."""
        ...


@contextmanager
def progress(word: str, total: int) -> Iterator[Advance]:
    """Something to call after each step, or after some; it shows on stderr."""
    if not sys.stderr.isatty():
        yield _lines(word, total)
        return

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (word, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(word, total=total)
        yield lambda steps=1: bar.advance(task, steps)


def _lines(word: str, total: int) -> Advance:
    done = 0
    part = max(total // _LINES, 1)

    def advance(steps: int = 1, /) -> None:
        nonlocal done
        before, done = done, done + steps
        if total >= _LINES and done // part > before // part:
            tell(f"{word}: {done} of {total}")

    return advance
