"""Tables: drawn on a terminal, aligned columns elsewhere."""

import sys
from collections.abc import Sequence

from gateway.cli.text import printable

Rows = Sequence[Sequence[object]]


def show_table(columns: Sequence[str], rows: Rows) -> None:
    """Prints rows under their column names."""
    cells = [[printable(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _draw(columns, cells)
    else:
        sys.stdout.write(aligned(columns, cells))


def aligned(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The table as plain text, columns two blanks apart, no blanks at the ends of lines."""
    table = [[name.upper() for name in columns], *rows]
    widths = [max(len(row[at]) for row in table) for at in range(len(columns))]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    )
    return "\n".join(lines) + "\n"


def _draw(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console(file=sys.stdout, highlight=False).print(table)
