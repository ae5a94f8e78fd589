"""What a figure should be, in words that can be judged: `ratio >= 0.75`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bench.result import Figure, Row, Spread, Verdict, judged

_WORDS = re.compile(r"(.+) (>=|<=) ([\d.,]+)")


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound of one column."""

    column: str
    at_least: bool
    bound: float

    @classmethod
    def of(cls, words: str) -> "Goal | None":
        """Read from a row; None where it has no bound."""
        found = _WORDS.fullmatch(words)
        if found is None:
            return None
        return cls(found[1], found[2] == ">=", float(found[3].replace(",", "")))

    def verdict(self, figures: Mapping[str, Figure]) -> Verdict:
        """Whether it is met, by the median where there are several runs."""
        figure = figures[self.column]
        if isinstance(figure, str):
            return "no verdict"
        value = figure.median if isinstance(figure, Spread) else figure
        return judged(value >= self.bound if self.at_least else value <= self.bound)


def row(what: str, figures: Mapping[str, Figure], goal: str) -> Row:
    """A row that is held against its goal."""
    read = Goal.of(goal)
    if read is None:
        raise ValueError(goal)
    return Row(what=what, figures=figures, goal=goal, verdict=read.verdict(figures))
