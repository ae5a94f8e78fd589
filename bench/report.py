"""Tables of what was measured: for the terminal, and as Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from bench.result import Figure, Part, Row, shown
from bench.results import Result


def text(part: Part) -> str:
    """For a terminal."""
    blocks = ["\n".join(_aligned(table)) for table in tables(part.rows)]
    return "\n\n".join([part.title, *blocks, "\n".join(part.notes)]).rstrip() + "\n"


def markdown(results: Sequence[Result], machine: Mapping[str, str]) -> str:
    """Everything that was measured on one machine."""
    blocks = ["# What was measured", *_table([["", ""], *map(list, machine.items())])]
    for each in results:
        blocks += ["", f"## {each.part.title}", "", f"`{each.part.name}`, {each.how}"]
        for table in tables(each.part.rows):
            blocks += ["", *_table(table)]
        blocks += ["", *(f"- {note}" for note in each.part.notes)]
    blocks.insert(1, "")
    return "\n".join(blocks) + "\n"


def goals(part: Part) -> Iterator[str]:
    """A line for each goal."""
    for row in part.rows:
        if row.verdict:
            held = f" ({row.goal})" if row.goal else ""
            yield f"{row.verdict:<10}  {part.name}: {row.what}{held}"


def tables(rows: Sequence[Row]) -> Iterator[list[list[str]]]:
    """Cells, the head first; rows that follow each other share a table if they have columns to."""
    for columns, group in groupby(rows, key=lambda row: list(row.figures)):
        held = list(group)
        judged = any(row.goal or row.verdict for row in held)
        yield [
            ["", *columns, *(["goal", ""] if judged else [])],
            *(
                [row.what, *map(_cell, row.figures.values()), *(_judged(row) if judged else [])]
                for row in held
            ),
        ]


def _judged(row: Row) -> list[str]:
    return [row.goal, row.verdict]


def _cell(figure: Figure) -> str:
    return shown(figure) if isinstance(figure, int | float) else str(figure)


def _aligned(table: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        first, *rest = (f"{cell:>{width}}" for cell, width in zip(line, widths, strict=True))
        yield "   ".join([line[0].ljust(len(first)), *rest]).rstrip()


def _table(table: Sequence[Sequence[str]]) -> list[str]:
    head, *lines = ("| " + " | ".join(line) + " |" for line in table)
    return [head, "|---|" + "---:|" * (len(table[0]) - 1), *lines]
