"""`snyk-gateway check`."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from gateway.cli.streams import show, show_json, tell
from gateway.cli.text import printable
from gateway.errors import SettingsError

Folder = Annotated[
    Path, typer.Argument(metavar="DIR", help="Configuration folder, or a single file.")
]
Strict = Annotated[
    bool,
    typer.Option("--strict", help="Refuse unset variables and missing secret files, too."),
]
Form = Annotated[Literal["text", "json"], typer.Option("--format", help="How problems print.")]


def check(folder: Folder = Path("config"), *, strict: Strict = False, form: Form = "text") -> int:
    """Print every problem of a configuration, with its file, line and column."""
    from gateway.load import load

    try:
        loaded = load(folder, environ=os.environ, offline=True)
        problems, parts = tuple(loaded.warnings), loaded.parts
    except SettingsError as error:
        problems, parts = error.problems, None
    _print(problems, form)
    tell(summary(folder.name or str(folder), problems, parts))
    return 1 if any(_refused(problem, strict=strict) for problem in problems) else 0


def _refused(problem: Any, *, strict: bool) -> bool:
    return problem.level == "problem" or (strict and problem.kind == "unset")


def _print(problems: Sequence[Any], form: str) -> None:
    if form == "json":
        keys = ("file", "line", "column", "path", "text", "level")
        show_json([{key: getattr(problem, key) for key in keys} for problem in problems])
        return
    for problem in problems:
        show(printable(problem))


def summary(name: str, problems: Sequence[Any], parts: Any) -> str:
    """One sentence on how the configuration is."""
    wrong = sum(problem.level == "problem" for problem in problems)
    odd = len(problems) - wrong
    counts = [count(wrong, "problem")] if wrong else []
    counts += [count(odd, "warning")] if odd else []
    if wrong or parts is None:
        return f"{name}: {', '.join(counts)}"
    size = f"{count(parts.tree.routes(), 'route')}, {count(parts.sinks, 'sink')}"
    return f"{name} is fine: {size}" + (f" ({counts[0]})" if counts else "")


def count(things: Any, word: str, words: str = "") -> str:
    """`1 route`, `2 routes`."""
    number = things if isinstance(things, int) else len(things)
    return f"{number} {word if number == 1 else words or f'{word}s'}"
