"""What is owed to one sink, a revision of an alert or a single finding or event, and its states."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from gateway.model.alert import Alert
from gateway.model.breaker import Health
from gateway.model.event import Event
from gateway.model.finding import Finding

DeliveryState = Literal["pending", "held", "muted", "sending", "delivered", "dead", "cancelled"]
Action = Literal["create", "update", "close"]
Deliver = Literal["alerts", "findings", "events"]
"""What a route hands on: alerts, which are remembered, or single findings or events."""

MOVES: Mapping[DeliveryState, frozenset[DeliveryState]] = {
    "pending": frozenset({"sending", "held", "muted", "dead", "cancelled"}),
    "held": frozenset({"pending", "muted", "dead", "cancelled"}),
    "muted": frozenset({"pending", "held", "dead", "cancelled"}),
    "sending": frozenset({"pending", "delivered", "dead", "cancelled"}),
    "delivered": frozenset(),
    "dead": frozenset({"pending"}),
    "cancelled": frozenset(),
}
"""Which state may follow which; every change of state asks this table."""

STATES: tuple[DeliveryState, ...] = tuple(MOVES)
FINISHED: frozenset[DeliveryState] = frozenset({"delivered", "dead", "cancelled"})


def may_move(old: DeliveryState, new: DeliveryState) -> bool:
    """Whether a delivery in the old state may go to the new one."""
    return new in MOVES[old]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A delivery that dispatch found to be due to a sink."""

    alert_key: str
    """Deliveries of one key reach a sink in order, across alerts: its alias there is the same."""
    route: str
    sink: str
    due: datetime
    """Not before then: the alert's timers decide."""
    deliver: Deliver = "alerts"
    alert_id: str | None = None
    """None for a single finding or event."""
    revision: int = 1
    finding: Finding | None = None
    """The one that is delivered by itself."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Of the route, where there is no alert that keeps them."""
    judged: bool = False
    """Nothing can mute or hold it: it may be tried as soon as it is due."""
    reminder: bool = False
    marks: tuple[str, ...] = ()
    """What went wrong on the way here, for people to see."""
    severity: int
    """Rank of the alert's worst finding: due deliveries go worst first."""
    event_id: str
    accepted_at: datetime
    """When the event behind it was accepted: `delivery_seconds` counts from here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one sink has been told of one alert."""

    revision: int = 0
    """Last revision delivered; 0 when none was."""
    tried: bool = False
    """Whether an opening was ever tried: then a close is owed whatever became of it."""
    closed: bool = False
    receipt: Mapping[str, str] | None = None
    """What the sink gave back that later tries need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A claimed delivery with all that a try needs."""

    id: str
    sink: str
    revision: int
    attempts: int
    """Tries before this one."""
    first_attempt_at: datetime | None
    accepted_at: datetime
    event_id: str
    claim: str
    """Fencing id: a settle counts only with it."""
    alert_key: str
    route: str
    event: Event
    """Context of the event behind it; of an alert, that of the alert."""
    told: Told
    deliver: Deliver = "alerts"
    alert: Alert | None = None
    finding: Finding | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    lane: str = ""
    """What it goes by within the sink; empty until a try was to be made, or where all go alike."""
    reminder: bool = False
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A delivery that waits for a judgement: may it be tried, or is it muted or held?"""

    id: str
    state: DeliveryState
    deliver: Deliver
    route: str
    sink: str
    revision: int
    event_id: str
    alert_id: str | None
    finding: Finding | None
    told: Told


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What becomes of a delivery that waited for one."""

    state: DeliveryState
    reason: str = ""
    muted_by: str = ""
    again_at: datetime | None = None
    """When to judge anew; None: not by time alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try at a delivery, as it is written down."""

    number: int
    started_at: datetime
    ended_at: datetime
    outcome: Literal["delivered", "try_again", "refused"]
    reason: str
    status: int | None
    """HTTP status of the last answer, None when none came."""
    detail: str
    """A few words of the answer, secrets starred."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """How a claimed delivery goes on; written together with its attempt."""

    delivery_id: str
    claim: str
    state: DeliveryState
    reason: str
    next_attempt_at: datetime | None = None
    attempt: Attempt | None = None
    """None where nothing was sent: a cancelled delivery."""
    told: Told | None = None
    """What the sink now knows; None leaves it as it was."""
    ambiguous: bool = False
    """The other side may have acted: a later revision must not replace this one."""
    lane: str = ""
    """What the delivery goes by within the sink."""
    pause_until: datetime | None = None
    """The whole sink waits until then, or where there is a lane that one."""
    health: Health | None = None
    """What the try told of the sink; None: nothing."""
