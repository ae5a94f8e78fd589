"""What a run of the suite comes to, as lines."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.faults.oracle import Evidence, Verdict
from tests.faults.powercut import Cuts

HEAD = (
    "fault",
    "rounds",
    "acknowledged",
    "delivered",
    "lost",
    "copies",
    "duplicated",
    "undelivered",
)


STORM_HEAD = ("storm", "answers", "cut off", "slowest 200", "peak")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One fault."""

    fault: str
    rounds: int
    acknowledged: int
    delivered: int
    """Of these."""
    lost: int
    copies: int
    """Second copies: of what was unanswered or unsettled at a kill, or else duplicated."""
    duplicated: int
    undelivered: int | None = None
    """Deliveries that waited at a kill, where there were fewest."""

    @property
    def cells(self) -> Sequence[str]:
        """As it is printed."""
        counts = (self.acknowledged, self.delivered, self.lost, self.copies, self.duplicated)
        least = "" if self.undelivered is None else f"{self.undelivered:,}+"
        return (self.fault, f"{self.rounds:,}", *(f"{each:,}" for each in counts), least)


@dataclass(frozen=True, slots=True)
class Weather:
    """How one storm went."""

    storm: str
    answers: Mapping[int, int]
    """By status; 0 is no answer."""
    cut_off: int
    slowest: float
    """Seconds until the latest 200."""
    peak: int
    """MiB."""

    @property
    def cells(self) -> Sequence[str]:
        """As it is printed."""
        told = (f"{key or 'none'}: {number:,}" for key, number in sorted(self.answers.items()))
        return (
            self.storm,
            ", ".join(told),
            f"{self.cut_off:,}" if self.cut_off else "",
            f"{self.slowest:.1f} s",
            f"{self.peak:,} MiB",
        )


def row(fault: str, rounds: int, evidence: Evidence, verdict: Verdict) -> Row:
    """All that one run showed."""
    every = {each.life for each in evidence.acknowledged} | {
        each.life for each in evidence.receipts
    }
    return _row(fault, rounds, every, evidence, verdict)


def rows_of_kills(evidence: Evidence, verdict: Verdict) -> Iterator[Row]:
    """A row for each window: with what was acknowledged there, or sent there for the first time."""
    windows = sorted({each.window for each in evidence.kills.values()})
    for window in windows:
        lives = {life for life, kill in evidence.kills.items() if kill.window == window}
        yield _row(f"killed: {window}", len(lives), lives, evidence, verdict)


def row_of_cuts(fault: str, cuts: Cuts) -> Row:
    """Power cuts: each body counts at each cut, and as delivered where the store has it."""
    return Row(
        fault=fault,
        rounds=cuts.number,
        acknowledged=cuts.answered,
        delivered=cuts.answered - cuts.lost,
        lost=cuts.lost,
        copies=0,
        duplicated=0,
    )


def _row(
    fault: str, rounds: int, lives: Collection[int], evidence: Evidence, verdict: Verdict
) -> Row:
    acknowledged = sum(each.life in lives for each in evidence.acknowledged)
    lost = sum(each.life in lives for each in verdict.lost)
    dead = sum(each.life in lives and each.event in evidence.dead for each in evidence.acknowledged)
    waiting = [kill.undelivered for life, kill in evidence.kills.items() if life in lives]
    return Row(
        fault=fault,
        rounds=rounds,
        acknowledged=acknowledged,
        delivered=acknowledged - lost - dead,
        lost=lost,
        copies=sum(first.life in lives for first, _ in verdict.repeats),
        duplicated=sum(first.life in lives for first, _ in verdict.duplicated),
        undelivered=min(waiting, default=None),
    )


def lines(rows: Sequence[Row]) -> Iterator[str]:
    """The rows as a table in Markdown."""
    return _lines([HEAD, *(each.cells for each in rows)])


def storm_lines(storms: Sequence[Weather]) -> Iterator[str]:
    """What each storm was answered, as a table in Markdown."""
    return _lines([STORM_HEAD, *(each.cells for each in storms)])


def _lines(cells: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for number, each in enumerate(cells):
        yield f"| {' | '.join(map(_padded, each, widths, range(len(each))))} |"
        if number == 0:
            rules = ["-" * (widths[0]), *("-" * (width - 1) + ":" for width in widths[1:])]
            yield f"| {' | '.join(rules)} |"


def _padded(text: str, width: int, column: int) -> str:
    return text.ljust(width) if column == 0 else text.rjust(width)
