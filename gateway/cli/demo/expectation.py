"""What the routing rules promise for a series of events, and whether it came."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.web.standins.standin import Received

What = Literal["open", "close"]

_FITTING: Mapping[What, frozenset[str]] = {
    "open": frozenset({"create", "open", "message"}),
    "close": frozenset({"close", "resolved", "message"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One message that a sink must get."""

    sink: str
    what: What


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the demo's table."""

    sample: str
    sink: str
    got: str
    faults: tuple[str, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether it is what was promised."""
        return not self.faults


@dataclass(slots=True)
class Rules:
    """Follows the events' explanations: which alerts they open and close."""

    resolving: frozenset[str]
    """Sinks that want to hear of fixes."""
    waiting: frozenset[str] = frozenset()
    """Routes whose first notice comes later than anybody waits here."""
    _open: dict[str, tuple[tuple[str, ...], set[tuple[str, str]]]] = field(default_factory=dict)

    def due(self, explanation: Mapping[str, Any]) -> list[Due]:
        """What the event owes to the sinks."""
        opened = [due for each in explanation["deliveries"] for due in self._single(each)]
        for finding in explanation["findings"]:
            for delivery in finding["deliveries"]:
                if delivery["deliver"] == "findings":
                    opened += self._single(delivery)
                elif finding["change"] == "new":
                    opened += self._new(finding, delivery)
        removed = {
            (finding["id"], finding["package"])
            for finding in explanation["findings"]
            if finding["change"] == "removed"
        }
        return opened + list(self._removed(removed))

    def _single(self, delivery: Mapping[str, Any]) -> Iterator[Due]:
        """An event, or a finding, that is delivered by itself."""
        if not self._is_kept_back(delivery):
            yield from (Due(sink=sink, what="open") for sink in delivery["sinks"])

    def _new(self, finding: Mapping[str, Any], delivery: Mapping[str, Any]) -> Iterator[Due]:
        if self._is_kept_back(delivery):
            return
        key, sinks = delivery["alert_key"], tuple(delivery["sinks"])
        if key not in self._open:
            self._open[key] = (sinks, set())
            yield from (Due(sink=sink, what="open") for sink in sinks)
        self._open[key][1].add((finding["id"], finding["package"]))

    def _is_kept_back(self, delivery: Mapping[str, Any]) -> bool:
        reasons = (delivery[key] for key in ("held_until", "muted_by", "outside"))
        return any(reasons) or delivery["route"] in self.waiting

    def _removed(self, removed: set[tuple[str, str]]) -> Iterator[Due]:
        for key, (sinks, findings) in list(self._open.items()):
            if findings & removed and not findings - removed:
                del self._open[key]
                yield from (
                    Due(sink=sink, what="close") for sink in sinks if sink in self.resolving
                )
            findings.difference_update(removed)


def compare(
    sample: str, due: Sequence[Due], received: Iterable[tuple[str, Received]]
) -> list[Line]:
    """What came for one event beside what had to come."""
    missing = list(due)
    lines = []
    for sink, message in received:
        fitting = [each for each in missing if each.sink == sink and _fits(each, message)]
        if fitting:
            missing.remove(fitting[0])
        faults = message.faults if fitting else ("not expected", *message.faults)
        got = f"{message.what}: {message.text}" if message.text else message.what
        lines.append(Line(sample=sample, sink=sink, got=got, faults=faults))
    lines += [
        Line(sample=sample, sink=each.sink, got=f"no {each.what}", faults=("did not arrive",))
        for each in missing
    ]
    return lines or [Line(sample=sample, sink="-", got="nothing, as it should be")]


def _fits(due: Due, message: Received) -> bool:
    return message.what in _FITTING[due.what]
