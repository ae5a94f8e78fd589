"""What a part of the benchmark came to: rows of figures, for JSON, a table and a picture."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["met", "missed", "no verdict", ""]
_WHOLE = 100
_TENTHS = 10
_HUNDREDTHS = 0.1
_THOUSANDTHS = 0.01


def shown(value: float) -> str:
    """As many digits as whoever reads it has a use for."""
    if value == round(value) or abs(value) >= _WHOLE:
        return f"{value:,.0f}"
    if abs(value) >= _TENTHS:
        return f"{value:.1f}"
    if abs(value) >= _HUNDREDTHS:
        return f"{value:.2f}"
    return f"{value:.3f}" if abs(value) >= _THOUSANDTHS else f"{value:.2g}"


def percentile(figures: Sequence[float], share: float) -> float:
    """The least figure that so great a share does not exceed."""
    return sorted(figures)[max(math.ceil(len(figures) * share) - 1, 0)]


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
        if self.least == self.most:
            return shown(self.median)
        return f"{shown(self.median)} ({shown(self.least)} to {shown(self.most)})"


Figure = float | str | Spread


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing that was measured."""

    what: str
    figures: Mapping[str, Figure]
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
