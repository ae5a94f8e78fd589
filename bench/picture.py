"""The ratios as a picture: a panel for each part that has some, and its goals as lines."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import fill

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.goal import Goal
from bench.result import Row, Spread
from bench.results import QUICK, Result

RATIO = "ratio"
_LABEL = 34
"""Characters in a line."""
_BLUE, _RED, _GREY = "#2b6cb0", "#c53030", "#4a5568"


def draw(results: Sequence[Result], file: Path) -> None:
    """Writes it; nothing where there is no ratio."""
    held = [(each, rows) for each in results if (rows := list(_rows(each)))]
    if not held:
        return
    heights = [len(rows) + 1.2 for _, rows in held]
    figure = Figure(figsize=(9, 0.45 * sum(heights) + 0.6), layout="constrained")
    panels = figure.subplots(len(held), 1, squeeze=False, height_ratios=heights)[:, 0]
    for panel, (each, rows) in zip(panels, held, strict=True):
        _panel(panel, each, rows)
    if any(each.quick for each, _ in held):
        figure.suptitle(QUICK, x=0.01, ha="left", fontsize=9, color=_RED)
    figure.savefig(file)


def _rows(result: Result) -> Iterator[Row]:
    yield from (row for row in result.part.rows if not isinstance(row.figures.get(RATIO, ""), str))


def _panel(panel: Axes, result: Result, rows: Sequence[Row]) -> None:
    for place, row in enumerate(rows):
        _bar(panel, place, row)
        _goal(panel, place, row)
    panel.set_yticks(range(len(rows)), [fill(row.what, _LABEL) for row in rows])
    panel.set_ylim(len(rows) - 0.4, -0.9)
    panel.set_xlim(left=0)
    panel.margins(x=0.12)
    title = f"{result.part.title} ({'quick, ' if result.quick else ''}{result.at})"
    panel.set_title(title, loc="left", fontsize=9, fontweight="bold")
    panel.tick_params(labelsize=9, length=0)
    panel.grid(axis="x", color="#e2e8f0", linewidth=0.8)
    panel.set_axisbelow(True)
    for side in ("top", "right", "left"):
        panel.spines[side].set_visible(False)


def _bar(panel: Axes, place: int, row: Row) -> None:
    ratio = row.figures[RATIO]
    spread = ratio if isinstance(ratio, Spread) else Spread.of([float(ratio)])
    panel.barh(place, spread.median, height=0.5, color=_BLUE)
    panel.hlines(place, spread.least, spread.most, color=_GREY, linewidth=2)
    panel.annotate(f"  {spread}", (spread.most, place), va="center", fontsize=8, color=_GREY)


def _goal(panel: Axes, place: int, row: Row) -> None:
    goal = Goal.of(row.goal)
    if goal is None or goal.column != RATIO:
        return
    panel.vlines(goal.bound, place - 0.42, place + 0.42, color=_RED, linewidth=2)
    sign = "\N{GREATER-THAN OR EQUAL TO}" if goal.at_least else "\N{LESS-THAN OR EQUAL TO}"
    said = f"goal {sign} {goal.bound:g}: {row.verdict}"
    panel.annotate(
        said, (goal.bound, place - 0.42), va="bottom", ha="center", fontsize=8, color=_RED
    )
