"""What the witnesses outside saw, and whether the gateway kept its promise.

For an event: whatever was acknowledged arrives, or is shown as dead. For alerts: at each receiver
exactly those are open that are open by the events that happened. A second copy is sent only of what
was not answered, or not settled when a kill came, and under the same identity.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

What = Literal["event", "create", "close"]
Copies = tuple[str, What, str]
"""Sink, what it is told, and under which identity: of these there should be one."""
SUCCESS = range(200, 300)
KEEP_ALERTS = ("alerts", "pager")
"""The receivers that know which alerts are open; `archive` takes every event as it came."""


News = tuple[str, bool]
"""A project, and whether its finding was found or fixed."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """A body that the load client sent: it opens or fixes the finding of one project."""

    digest: str
    project: str
    opens: bool

    @property
    def news(self) -> News:
        """What it tells."""
        return self.project, self.opens


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A webhook whose 200 was seen, in which life of the gateway."""

    webhook: Webhook
    event: str
    life: int


@dataclass(slots=True, kw_only=True)
class Receipt:
    """A request that reached a receiver."""

    sink: str
    what: What
    thing: str
    """An event's digest, or the project that the alert is about."""
    identity: str
    life: int
    at: float
    status: int | None = None
    """What was answered; None where no answer could be given."""

    @property
    def copy_of(self) -> Copies:
        """What it is a copy of."""
        return self.sink, self.what, self.identity

    @property
    def is_answered(self) -> bool:
        """Whether the receiver took it."""
        return self.status in SUCCESS


Repeat = tuple[Receipt, Receipt]
"""A second copy, behind the one before it."""


@dataclass(frozen=True, slots=True)
class Kill:
    """How the store of a killed process stood."""

    window: str
    undelivered: int
    unsettled: frozenset[Copies]
    """What was in flight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything that the witnesses wrote down."""

    sent: Sequence[Webhook]
    acknowledged: Sequence[Acknowledged]
    receipts: Sequence[Receipt]
    kills: Mapping[int, Kill] = field(default_factory=dict)
    """By the life that each ended."""
    dead: frozenset[str] = frozenset()
    """Events that the admin side shows as given up at the archive."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One breach of the promise."""

    kind: Literal["lost", "repeated", "two identities", "from nowhere", "open things"]
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the evidence comes to."""

    violations: Sequence[Violation]
    lost: Sequence[Acknowledged]
    repeats: Sequence[Repeat]
    """Second copies, allowed or not."""
    duplicated: Sequence[Repeat]
    """Those that are not."""

    @property
    def kinds(self) -> set[str]:
        """The kinds of breaches."""
        return {each.kind for each in self.violations}


def judge(evidence: Evidence) -> Verdict:
    """Every breach that the evidence shows."""
    lost = _lost(evidence)
    repeats = list(_pairs(evidence.receipts))
    duplicated = [pair for pair in repeats if not _may_repeat(evidence, *pair)]
    violations = [
        *(Violation("lost", f"{each.event} of life {each.life}") for each in lost),
        *(_repeated(*pair) for pair in duplicated),
        *_identities(evidence.receipts),
        *_from_nowhere(evidence),
        *_open_things(evidence),
    ]
    return Verdict(violations, lost, repeats, duplicated)


def arrived(evidence: Evidence) -> set[str]:
    """Digests of the bodies that the archive took."""
    return {each.thing for each in evidence.receipts if each.what == "event" and each.is_answered}


def _lost(evidence: Evidence) -> list[Acknowledged]:
    there = arrived(evidence)
    return [
        each
        for each in evidence.acknowledged
        if each.webhook.digest not in there and each.event not in evidence.dead
    ]


def _pairs(receipts: Iterable[Receipt]) -> Iterator[Repeat]:
    by_identity: dict[Copies, list[Receipt]] = defaultdict(list)
    for each in receipts:
        by_identity[each.copy_of].append(each)
    for same in by_identity.values():
        yield from pairwise(same)


def _may_repeat(evidence: Evidence, first: Receipt, second: Receipt) -> bool:
    """Whether a kill came between them, or the receiver itself asked for another try."""
    kill = evidence.kills.get(first.life)
    cut_off = kill is not None and second.life != first.life
    if first.is_answered:
        return kill is not None and cut_off and first.copy_of in kill.unsettled
    return cut_off or first.status is not None


def _repeated(first: Receipt, second: Receipt) -> Violation:
    lives = f"lives {first.life} and {second.life}"
    return Violation("repeated", f"{first.copy_of}: {lives}, answered {first.status}")


def _identities(receipts: Iterable[Receipt]) -> Iterator[Violation]:
    """Everything here is told once: one opening and one close per project, one copy per body."""
    names: dict[tuple[str, What, str], set[str]] = defaultdict(set)
    for each in receipts:
        names[each.sink, each.what, each.thing].add(each.identity)
    for told, identities in names.items():
        if len(identities) > 1:
            yield Violation("two identities", f"{told}: {sorted(identities)}")


def _from_nowhere(evidence: Evidence) -> Iterator[Violation]:
    known = {each.digest for each in evidence.sent} | {each.project for each in evidence.sent}
    for each in evidence.receipts:
        if each.thing not in known:
            yield Violation("from nowhere", f"{each.sink}: {each.what} {each.thing}")


def _open_things(evidence: Evidence) -> Iterator[Violation]:
    """What happened is what was acknowledged, and of the rest what the archive got: an event that
    was stored though nobody was told must be dispatched wholly, any other not at all."""
    happened = {each.webhook.digest for each in evidence.acknowledged} | arrived(evidence)
    opened = {one.project for one in evidence.sent if one.opens and one.digest in happened}
    fixed = {one.project for one in evidence.sent if not one.opens and one.digest in happened}
    for sink in KEEP_ALERTS:
        shown = _shown(sink, evidence.receipts)
        for project in sorted(shown ^ (opened - fixed)):
            where = "open there only" if project in shown else "not open there"
            yield Violation("open things", f"{sink}: {project} is {where}")


def _shown(sink: str, receipts: Iterable[Receipt]) -> set[str]:
    """The projects whose alerts are open at the receiver, by what it was told."""
    shown: set[str] = set()
    for each in receipts:
        if each.sink == sink and each.is_answered:
            (shown.add if each.what == "create" else shown.discard)(each.thing)
    return shown
