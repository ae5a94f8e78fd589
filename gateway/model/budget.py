"""How many alerts a route may open before what follows is rolled up into one."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a route has opened in the period that began then."""

    since: datetime
    opened: int
