"""What a part of the benchmark came to: rows of figures, for JSON, a table and a picture."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["met", "missed", "no verdict", ""]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing that was measured."""

    what: str
    figures: Mapping[str, float | str]
    """By column; a column's name says its unit."""
    goal: str = ""
    """In words, such as `ratio >= 0.75`; empty where there is none."""
    verdict: Verdict = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part, with everything that whoever reads its figures must know."""

    name: str
    """Of its file in results/."""
    title: str
    rows: Sequence[Row]
    notes: Sequence[str] = field(default=())


def judged(holds: bool) -> Verdict:  # noqa: FBT001 - it is the question itself
    """Whether a goal is met."""
    return "met" if holds else "missed"


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of several figures, and how far they lie apart."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, figures: Sequence[float]) -> "Spread":
        """Of so many runs."""
        return cls(statistics.median(figures), min(figures), max(figures))

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.least:.2f} to {self.most:.2f})"
