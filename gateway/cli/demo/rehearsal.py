"""Sends the samples one after the other and collects what the receivers got for each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gateway import samples
from gateway.cli.demo.expectation import Line, Rules, compare
from gateway.cli.demo.workplace import Workplace
from gateway.cli.streams import tell
from gateway.cli.webhook import ACCEPTED, Send, verdict, webhook
from gateway.clock import Clock
from gateway.errors import Unreachable
from gateway.pipeline.parts import Parts
from gateway.preview.explain import explain
from gateway.preview.reading import read
from gateway.transport import admin
from gateway.web.standins.standin import Received, Standin

SAMPLES = ("new-critical", "clean", "fixed", "ping")
_SETTLED_WITHIN = 30.0
_POLL = 0.1
_BETWEEN_TESTS = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """A gateway that is running, and who stands around it."""

    workplace: Workplace
    parts: Parts
    public: str
    """URL of the public side."""
    admin: str
    standins: Mapping[str, Standin]
    send: Send
    clock: Clock

    async def play(self) -> list[Line]:
        """Sends every sample and waits for its effects; what came, beside what had to come."""
        waiting = frozenset(each.name for each in self.parts.tree.routes() if each.group_wait)
        rules = Rules(resolving=self.parts.resolving, waiting=waiting)
        at = self.clock.now() - _BETWEEN_TESTS * len(SAMPLES)
        lines: list[Line] = []
        for number, name in enumerate(SAMPLES):
            for sample in samples.bodies(name, at=at + _BETWEEN_TESTS * number):
                lines += await self._play(name, sample, rules)
        return lines

    async def _play(self, name: str, sample: Mapping[str, Any], rules: Rules) -> list[Line]:
        before = {sink: len(standin.received) for sink, standin in self.standins.items()}
        now = self.clock.now()
        url = f"{self.public}/webhooks/{self.workplace.source}"
        answer = verdict(await self.send(webhook(url, self.workplace.secret, sample, now)))
        tell(f"{name}: {answer}")
        if answer != ACCEPTED:
            return [Line(sample=name, sink="gateway", got=answer, faults=("not accepted",))]
        await self._settled()
        event = read(self.parts, samples.encode(sample), now)
        due = rules.due(explain(self.parts, event, now))
        return compare(name, due, self._since(before))

    def _since(self, before: Mapping[str, int]) -> list[tuple[str, Received]]:
        return [
            (sink, message)
            for sink, standin in self.standins.items()
            for message in standin.received[before[sink] :]
        ]

    async def _settled(self) -> None:
        """Returns when nothing is left to do; after half a minute in any case."""
        deadline = self.clock.monotonic() + _SETTLED_WITHIN
        while self.clock.monotonic() < deadline:
            if not await self._is_busy():
                return
            await self.clock.sleep(_POLL)
        tell("the gateway still has something to deliver; going on without it")

    async def _is_busy(self) -> bool:
        try:
            events = await self._items("events")
            deliveries = await self._items("deliveries")
        except Unreachable:
            return True
        return any(event["status"] == "pending" for event in events) or any(
            delivery["status"] == "sending"
            or (delivery["status"] == "pending" and self._is_due(delivery))
            for delivery in deliveries
        )

    def _is_due(self, delivery: Mapping[str, Any]) -> bool:
        """Whether it will be tried soon; a route's timers may let it wait for longer."""
        soon = self.clock.now() + timedelta(seconds=_SETTLED_WITHIN)
        due = delivery["next_attempt_at"]
        return due is None or datetime.fromisoformat(due) < soon

    async def _items(self, noun: str) -> list[Mapping[str, Any]]:
        query = {"limit": "100"}
        page = await admin.call(self.admin, None, "GET", f"/api/v1/{noun}", query=query)
        return list(page["items"])
