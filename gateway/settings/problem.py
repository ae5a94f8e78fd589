"""One thing that is wrong with the configuration, and where."""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

Loc = tuple[int | str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """Prints as `file:line:column: path: text`."""

    file: str
    line: int
    column: int
    path: str
    """Where in the configuration: `sinks.oncall.region`."""
    text: str
    level: Literal["problem", "warning"] = "problem"
    kind: str = ""
    """`unset` for a variable or secret file that is missing; otherwise empty."""

    @property
    def is_fatal(self) -> bool:
        """Whether it keeps the configuration from being used."""
        return self.level == "problem"

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}"
        warning = "warning: " if self.level == "warning" else ""
        return ": ".join(part for part in (where, self.path, warning + self.text) if part)


def dotted(loc: Loc) -> str:
    """`("route", "routes", 0, "name")` as `route.routes[0].name`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in loc)
    return text.removeprefix(".")


def meant(word: str, known: list[str]) -> str:
    """` (did you mean 'x'?)`, or nothing where no known word is near."""
    near = get_close_matches(word, known, n=1, cutoff=0.6)
    return f" (did you mean {near[0]!r}?)" if near else ""
