"""One try at a claimed delivery: notice, message, exchange, outcome."""

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Protocol

from gateway import logs
from gateway.alerting.single import notice_of
from gateway.alerting.telling import choose
from gateway.clock import Clock
from gateway.errors import Blocked, GatewayError, TemplateError, TransportError, Unavailable
from gateway.metrics import Metrics
from gateway.model.delivery import Delivery, Told
from gateway.model.exchange import (
    AnyRequest,
    Delivered,
    Mail,
    Message,
    Outcome,
    Recorded,
    Refused,
    Request,
    Response,
    TryAgain,
)
from gateway.model.notice import Notice
from gateway.model.rate import Rate
from gateway.model.secret import Concealed
from gateway.pipeline.compose import compose
from gateway.pipeline.parts import InForce
from gateway.pipeline.reading import Reader
from gateway.sinks.sink import Sink


class Transport(Protocol):
    """Sends requests."""

    async def send(self, request: AnyRequest) -> Response:
        """The answer; raises TransportError where none came."""
        ...


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a try."""

    outcome: Outcome
    told: Told
    """What the sink knows now."""
    lane: str = ""
    """What the message went by within the sink."""


@dataclass(frozen=True, slots=True)
class Waits:
    """Nothing was sent: the message's lane has to wait."""

    lane: str


@dataclass(frozen=True, slots=True)
class Late:
    """Nothing was sent: the claim had ended meanwhile, and another may have the delivery."""


Enter = Callable[[str, str, Rate | None], Awaitable[bool]]
"""Whether a sink's lane may be told now, at its rate."""


class Attempting:
    """Tries deliveries at one sink."""

    def __init__(
        self,
        in_force: InForce,
        reader: Reader,
        transport: Transport,
        enter: Enter,
        *,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._in_force = in_force
        self._reader = reader
        self._transport = transport
        self._enter = enter
        self._clock = clock
        self._metrics = metrics
        self._log = logs.get("deliver")

    async def run(
        self, delivery: Delivery, sink: Sink, until: float = math.inf
    ) -> Tried | Waits | Late | None:
        """One try; whatever goes wrong is an outcome too. None where there is nothing to tell.

        `until` is when the claim ends, on the clock that never jumps.
        """
        notice: Notice | None = None
        lane = delivery.lane
        try:
            notice = await self._notice(delivery, sink)
            if notice is None:
                return None
            message = self._message(delivery, notice, sink)
            lane = str(message.values.get(sink.lane, "")) if sink.lane else ""
            if await self._has_to_wait(lane, delivery, sink):
                return Waits(lane)
            if self._clock.monotonic() >= until:  # the process was frozen
                return Late()
            outcome = await exchange(
                sink, message, delivery.told, self._transport.send, clock=self._clock
            )
        except Unavailable:
            raise
        except GatewayError as error:
            outcome = outcome_of(error)
        except Exception as error:  # noqa: BLE001 - a bug is an attempt too, bounded alike
            self._log.exception("unexpected", delivery=delivery.id, sink=sink.name)
            outcome = TryAgain(reason="unexpected", detail=type(error).__name__)
        return Tried(outcome, _told(delivery, notice, outcome), lane)

    async def _notice(self, delivery: Delivery, sink: Sink) -> Notice | None:
        if delivery.alert is not None:
            return choose(
                delivery.alert,
                delivery.revision,
                delivery.told,
                lifecycle=sink.lifecycle,
                send_resolved=sink.send_resolved,
                reminder=delivery.reminder,
                marks=delivery.marks,
            )
        event, payload = delivery.event, None
        if delivery.deliver == "events":
            read = await self._reader.to_tell(event)
            event, payload = (read.event, read.body) if read else (event, None)
        return notice_of(
            event,
            deliver=delivery.deliver,
            key=delivery.alert_key,
            route=delivery.route,
            sink=sink.name,
            labels=delivery.labels,
            finding=delivery.finding,
            marks=delivery.marks,
            payload=payload,
        )

    def _message(self, delivery: Delivery, notice: Notice, sink: Sink) -> Message:
        timestamp = int(self._clock.now().timestamp())
        composed = compose(self._in_force.parts, notice, sink, timestamp=timestamp)
        if composed.failed:
            self._metrics.template_errors.inc()
            self._log.error("template failed", delivery=delivery.id, error=composed.failed)
        return composed.message

    async def _has_to_wait(self, lane: str, delivery: Delivery, sink: Sink) -> bool:
        """A delivery that was claimed under its lane has had its turn already."""
        if not lane or lane == delivery.lane:
            return False
        return not await self._enter(sink.name, lane, sink.settings.rate)


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
    sink: Sink,
    message: Message,
    told: Told,
    send: Callable[[AnyRequest], Awaitable[Response]],
    *,
    clock: Clock,
) -> Outcome:
    """Drives the sink's requests and answers to their outcome; one that records sends none."""
    steps = sink.deliver(message, told.receipt)
    proxy = sink.settings.proxy
    via = Concealed(proxy.reveal()) if proxy else None
    tls = sink.settings.tls.files if sink.settings.tls else None
    try:
        request = next(steps)
        if sink.settings.mode == "record":
            steps.close()
            return Recorded(detail=_written(request))
        while True:
            if request.after:
                await clock.sleep(request.after)
            match request:
                case Request():
                    request = replace(request, tls=tls, proxy=via)
                case Mail():
                    request = replace(request, tls=tls)
            try:
                response = await send(request)
            except TransportError as error:
                request = steps.throw(error)  # an exchange may go on without this answer
            else:
                request = steps.send(response)
    except StopIteration as stop:
        outcome: Outcome = stop.value
        return outcome


def _written(request: AnyRequest) -> str:
    body = request.body.decode(errors="replace")
    return f"{request.method} {request.url}\n{body}"


def _told(delivery: Delivery, notice: Notice | None, outcome: Outcome) -> Told:
    if isinstance(outcome, Recorded):
        return delivery.told  # nobody was told anything
    given = {} if isinstance(outcome, Refused) else outcome.receipt or {}
    receipt = {**(delivery.told.receipt or {}), **given} or None
    if notice is None or not isinstance(outcome, Delivered):
        return replace(delivery.told, tried=True, receipt=receipt)
    return Told(
        revision=notice.revision, tried=True, closed=notice.action == "close", receipt=receipt
    )
