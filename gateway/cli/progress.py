"""How far a long command is: a bar on a terminal, a line now and then elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gateway.cli.streams import tell

_LINES = 10


@contextmanager
def progress(word: str, total: int) -> Iterator[Callable[[], None]]:
    """Something to call after each step, on stderr."""
    if not sys.stderr.isatty():
        yield _lines(word, total)
        return

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (word, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(word, total=total)
        yield lambda: bar.advance(task)


def _lines(word: str, total: int) -> Callable[[], None]:
    done = 0

    def advance() -> None:
        nonlocal done
        done += 1
        if total >= _LINES and done % max(total // _LINES, 1) == 0:
            tell(f"{word}: {done} of {total}")

    return advance
