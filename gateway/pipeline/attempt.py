"""One try at a claimed delivery: notice, message, exchange, outcome."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from gateway import logs
from gateway.alerting.telling import choose
from gateway.clock import Clock
from gateway.errors import Blocked, GatewayError, TemplateError, TransportError
from gateway.metrics import Metrics
from gateway.model.delivery import Delivery, Told
from gateway.model.exchange import (
    Delivered,
    Message,
    Outcome,
    Refused,
    Request,
    Response,
    TryAgain,
)
from gateway.model.notice import Notice
from gateway.pipeline.compose import compose
from gateway.pipeline.parts import Parts
from gateway.sinks.sink import Sink


class Transport(Protocol):
    """Sends requests."""

    async def send(self, request: Request) -> Response:
        """The answer; raises TransportError where none came."""
        ...


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a try."""

    outcome: Outcome
    told: Told
    """What the sink knows now."""


class Attempting:
    """Tries deliveries at one sink."""

    def __init__(
        self, parts: Parts, sink: Sink, transport: Transport, *, clock: Clock, metrics: Metrics
    ) -> None:
        self._parts = parts
        self._sink = sink
        self._transport = transport
        self._clock = clock
        self._metrics = metrics
        self._log = logs.get("deliver")

    def notice(self, delivery: Delivery) -> Notice | None:
        """What the sink is to be told; None where there is nothing left to tell."""
        return choose(
            delivery.alert,
            delivery.revision,
            delivery.told,
            lifecycle=self._sink.lifecycle,
            send_resolved=self._sink.send_resolved,
        )

    async def run(self, delivery: Delivery, notice: Notice) -> Tried:
        """One try; whatever goes wrong is an outcome too."""
        try:
            outcome = await self._exchange(delivery, notice)
        except GatewayError as error:
            outcome = outcome_of(error)
        except Exception as error:  # noqa: BLE001 - a bug is an attempt too, bounded alike
            self._log.exception("unexpected", delivery=delivery.id, sink=self._sink.name)
            outcome = TryAgain(reason="unexpected", detail=type(error).__name__)
        return Tried(outcome, _told(delivery, notice, outcome))

    async def _exchange(self, delivery: Delivery, notice: Notice) -> Outcome:
        timestamp = int(self._clock.now().timestamp())
        composed = compose(self._parts, notice, self._sink, timestamp=timestamp)
        if composed.failed:
            self._metrics.template_errors.inc()
            self._log.error("template failed", delivery=delivery.id, error=composed.failed)
        return await exchange(self._sink, composed.message, delivery.told, self._transport.send)


def outcome_of(error: GatewayError) -> Outcome:
    """What an expected error of a try amounts to."""
    match error:
        case TemplateError():
            return Refused(reason="template_failed", detail=str(error))
        case Blocked():
            return Refused(reason="blocked", detail=str(error), endpoint=True)
        case TransportError():
            return TryAgain(reason=error.reason, detail=str(error), ambiguous=error.ambiguous)
        case _:
            return TryAgain(reason="unexpected", detail=str(error))


async def exchange(
    sink: Sink, message: Message, told: Told, send: Callable[[Request], Awaitable[Response]]
) -> Outcome:
    """Drives the sink's requests and answers to their outcome."""
    steps = sink.deliver(message, told.receipt)
    try:
        request = next(steps)
        while True:
            request = steps.send(await send(request))
    except StopIteration as stop:
        outcome: Outcome = stop.value
        return outcome


def _told(delivery: Delivery, notice: Notice, outcome: Outcome) -> Told:
    if not isinstance(outcome, Delivered):
        return Told(
            revision=delivery.told.revision,
            tried=True,
            closed=delivery.told.closed,
            receipt=delivery.told.receipt,
        )
    return Told(
        revision=notice.revision,
        tried=True,
        closed=notice.action == "close",
        receipt={**(delivery.told.receipt or {}), **(outcome.receipt or {})} or None,
    )
