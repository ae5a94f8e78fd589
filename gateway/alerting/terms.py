"""What a route sets for its alerts: when they are told, and how many there may be."""

from dataclasses import dataclass
from datetime import timedelta

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The timers of a route's alerts, and its budget of new ones."""

    group_wait: timedelta = timedelta()
    """From opening to the first notice."""
    group_interval: timedelta = timedelta()
    """Between two notices of changes."""
    repeat_interval: timedelta | None = None
    """From a notice to a reminder; None: never."""
    most: int = 50
    """Alerts that may be opened in a period; what follows is rolled up."""
    period: timedelta = _HOUR


NO_ROUTE = Terms()
"""For alerts whose route is gone: they are only resolved."""
