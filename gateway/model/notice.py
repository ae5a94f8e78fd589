"""What one sink is to be told of one alert now: the input of rendering."""

from dataclasses import dataclass

from gateway.model.alert import Alert, Entry
from gateway.model.delivery import Action, Deliver


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """The difference between what the alert is and what the sink was told of it.

    Where an alert has too many findings to look at, `alert.beyond` counts the others.
    """

    action: Action
    alert: Alert
    revision: int
    """The revision of the alert that is told."""
    open: tuple[Entry, ...]
    """Every finding that is open in that revision, worst first."""
    new: tuple[Entry, ...]
    """Those of them that the sink has not been told of; all of them under `create`."""
    fixed: tuple[Entry, ...]
    """Fixed since the sink was last told, worst first; all of them under `close`."""
    deliver: Deliver = "alerts"
    reminder: bool = False
    """Nothing changed: the sink is told again that it is still open."""
    marks: tuple[str, ...] = ()
    """What went wrong on the way here, for people to see."""
    payload: bytes | None = None
    """The event's body as it came, where the event itself is delivered."""
