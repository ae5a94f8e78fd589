"""How many alerts a route may open, written `50/1h`."""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

from gateway.settings.types import duration, problem

_BUDGET = re.compile(r"(\d{1,6})\s*/\s*(\S+)")


@dataclass(frozen=True, slots=True)
class Budget:
    """So many in so many seconds; prints as it is written."""

    number: int
    seconds: float

    def __str__(self) -> str:
        hours, rest = divmod(self.seconds, 3600)
        return f"{self.number}/{hours:g}h" if not rest else f"{self.number}/{self.seconds:g}s"


def parse(text: Any) -> Budget:
    """The budget that the text spells; raises a settings problem for any other text."""
    match = _BUDGET.fullmatch(text) if isinstance(text, str) else None
    if match is None or int(match[1]) < 1:
        raise problem("not a budget; write 50/1h: so many alerts an hour, then one roll-up")
    seconds = duration(match[2])
    if seconds <= 0:
        raise problem("not a budget: its period must last some time")
    return Budget(int(match[1]), seconds)


BudgetText = Annotated[
    Budget, PlainValidator(parse), WithJsonSchema({"type": "string", "examples": ["50/1h"]})
]
"""A Budget, written as text."""
