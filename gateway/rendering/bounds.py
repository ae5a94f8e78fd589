"""How much of an alert a template gets to see."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from gateway.model.limits import cut

MAX_FINDINGS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The most that is visible."""

    findings: int = MAX_FINDINGS
    text: int = 10_000
    """Characters of one text."""
    items: int = 1000
    """Items of one list or mapping."""

    def capped(self, value: Any) -> Any:
        """A copy of the value within these bounds; 7.0 becomes 7."""
        # Asked of every value that a template may see: `match` over abstract types takes long.
        if isinstance(value, str):
            return cut(value, self.text) if len(value) > self.text else value
        if value is None or isinstance(value, int):
            return value
        if isinstance(value, float):
            return int(value) if value.is_integer() else value
        if isinstance(value, list | tuple):
            return [self.capped(each) for each in value[: self.items]]
        if isinstance(value, Mapping):
            few = islice(value.items(), self.items)
            return {self.capped(str(key)): self.capped(each) for key, each in few}
        return value

    def ladder(self) -> Iterator["Bounds"]:
        """These bounds, then tighter ones: by the last of them any built-in message fits."""
        yield self
        short = replace(self, text=300, items=20)
        yield short
        for quarters in (3, 2, 1):
            yield replace(short, findings=max(self.findings * quarters // 4, 1))
        yield Bounds(findings=1, text=100, items=10)
