"""What a route has from those above it, read from the settings before any tree is built."""

from dataclasses import dataclass

from gateway.model.delivery import Deliver
from gateway.routing.fields import Subjects
from gateway.routing.settings import Outside, RootSettings, RouteSettings

AnyNode = RootSettings | RouteSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Inherited:
    """As much of it as decides whether a route is reached and whether somebody is paged."""

    sinks: tuple[str, ...] = ()
    group_by: tuple[str, ...] = ("event",)
    deliver: Deliver = "alerts"
    active: bool = False
    """Whether it tells within certain hours only."""
    mute: bool = False
    """Whether it tells outside certain hours only."""
    outside: Outside = "hold"

    @property
    def takes(self) -> Subjects:
        """What may end there."""
        return "event" if self.deliver == "events" else "finding"

    @property
    def lets_go(self) -> bool:
        """Whether the clock may send on what it matches."""
        return self.outside == "next" and (self.active or self.mute)

    def below(self, node: AnyNode) -> "Inherited":
        """The same of a node that is below."""
        active, mute = node.active_time_intervals, node.mute_time_intervals
        return Inherited(
            sinks=self.sinks if node.sinks is None else tuple(node.sinks),
            group_by=self.group_by if node.group_by is None else tuple(node.group_by),
            deliver=node.deliver or self.deliver,
            active=self.active if active is None else bool(active),
            mute=self.mute if mute is None else bool(mute),
            outside=node.outside or self.outside,
        )
