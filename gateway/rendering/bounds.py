"""How much of an alert a template gets to see."""

from collections.abc import Iterator, Mapping, Sequence
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
        match value:
            case str():
                return cut(value, self.text)
            case float() if value.is_integer():
                return int(value)
            case Mapping():
                few = islice(value.items(), self.items)
                return {self.capped(str(key)): self.capped(each) for key, each in few}
            case Sequence():
                return [self.capped(each) for each in value[: self.items]]
        return value

    def ladder(self) -> Iterator["Bounds"]:
        """These bounds, then tighter ones: by the last of them any built-in message fits."""
        yield self
        short = replace(self, text=300, items=20)
        yield short
        for quarters in (3, 2, 1):
            yield replace(short, findings=max(self.findings * quarters // 4, 1))
        yield Bounds(findings=1, text=100, items=10)
