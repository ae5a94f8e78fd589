"""What was measured, kept as JSON: a file for each part in `results/`."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.result import Figure, Part, Row, Spread

FOLDER = Path(__file__).parent / "results"
QUICK = "quick: figures to look at, not to quote"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A part, and how it was measured."""

    part: Part
    machine: Mapping[str, str]
    at: str
    quick: bool

    @classmethod
    def now(cls, part: Part, machine: Mapping[str, str], *, quick: bool) -> "Result":
        """Of a part that just ended."""
        at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
        return cls(part=part, machine=machine, at=at, quick=quick)

    @property
    def how(self) -> str:
        """When, and whether for show only."""
        return f"{self.at}; {QUICK}" if self.quick else self.at


def write(result: Result, folder: Path = FOLDER) -> None:
    """In place of what was measured of that part before."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{result.part.name}.json").write_text(json.dumps(asdict(result), indent=2) + "\n")


def read(name: str, folder: Path = FOLDER) -> Result | None:
    """What was measured of that part last."""
    file = folder / f"{name}.json"
    if not file.exists():
        return None
    said = json.loads(file.read_text())
    part = said["part"]
    return Result(**{**said, "part": Part(**{**part, "rows": [_row(row) for row in part["rows"]]})})


def _row(said: Mapping[str, Any]) -> Row:
    figures = {column: _figure(value) for column, value in said["figures"].items()}
    return Row(**{**said, "figures": figures})


def _figure(said: Any) -> Figure:
    return Spread(**said) if isinstance(said, dict) else said
