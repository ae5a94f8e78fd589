"""Faults that the suite must notice, put into the process that is launched.

Each breaks one rule of delivery in the smallest way. Three are none: "lapsed lease" brings about
what an unfenced settle would spoil, "short patience" and "short leases" make a short form of what
takes half a minute and more.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import count
from types import MappingProxyType, ModuleType
from typing import Any

import sqlalchemy as sa

from gateway.model.delivery import Delivery, Settlement, Told
from gateway.model.exchange import Request
from gateway.pipeline.accept import Accepted
from gateway.store import deliveries, dispatching, postgres
from gateway.store.tables import deliveries as table
from tests.faults.seams import Real, SeamGone, wrap

BEHIND = 10
"""So many webhooks are answered before the first of them is stored."""


def answer_before_commit() -> None:
    """Webhooks wait in memory after they were answered."""
    late: deque[tuple[Any, ...]] = deque()

    def around(real: Real) -> Real:
        async def accept(*args: Any) -> Accepted:
            late.append(args)
            if len(late) > BEHIND:
                await real(*late.popleft())
            return Accepted("evt_not_stored", "accepted")

        return accept

    wrap("gateway.pipeline.accept:Accept.__call__", around)


def settle_before_send() -> None:
    """What is claimed counts as delivered at once."""

    def around(real: Real) -> Real:
        def hold(connection: sa.Connection, sink: str, taken: Any, **asked: Any) -> list[Delivery]:
            claimed: list[Delivery] = real(connection, sink, taken, **asked)
            done = [_delivered(each) for each in claimed]
            deliveries.settle(connection, done, now=asked["now"])
            return claimed

        return hold

    wrap("gateway.store.deliveries:hold", around)


def no_scan_at_start() -> None:
    """What the last process left in flight or undispatched is not looked for."""
    began = datetime.now(UTC)

    def recover(_connection: sa.Connection) -> int:
        return 0

    def around(real: Real) -> Real:
        def begin(*args: Any, **asked: Any) -> list[Any]:
            return [each for each in real(*args, **asked) if each.received_at >= began]

        return begin

    wrap("gateway.store.deliveries:recover", lambda _real: recover)
    wrap("gateway.store.events:begin", around)


def unfenced_settle() -> None:
    """A result counts whoever holds the delivery by now."""

    def around(real: Real) -> Real:
        def settle(
            connection: sa.Connection, settlements: list[Settlement], **asked: Any
        ) -> list[bool]:
            unfenced = [replace(each, claim=_holder(connection, each)) for each in settlements]
            answers: list[bool] = real(connection, unfenced, **asked)
            return answers

        return settle

    wrap("gateway.store.deliveries:settle", around)


def new_identity() -> None:
    """Each try has an identity of its own."""
    number = count()

    def around(real: Real) -> Real:
        async def send(transport: Any, request: Request) -> Any:
            again = f"{request.headers.get('webhook-id', '')}-{next(number)}"
            return await real(
                transport, replace(request, headers={**request.headers, "webhook-id": again})
            )

        return send

    wrap("gateway.transport.http:Http.send", around)


def lapsed_lease() -> None:
    """The archive's first claim lapses at once, so that a second one comes while it is tried."""
    lapsed = False

    def around(real: Real) -> Real:
        def hold(connection: sa.Connection, sink: str, taken: Any, **asked: Any) -> list[Delivery]:
            nonlocal lapsed
            if sink == "archive" and not lapsed:
                asked["lease_until"] -= timedelta(days=1)
            claimed: list[Delivery] = real(connection, sink, taken, **asked)
            lapsed = lapsed or (sink == "archive" and bool(claimed))
            return claimed

        return hold

    wrap("gateway.store.deliveries:hold", around)


def short_patience() -> None:
    """Who is slow is cut off within two seconds."""

    def around(real: Real) -> Real:
        def begin(limits: Any, **given: Any) -> None:
            real(limits, **{"head_seconds": 1.0, "body_seconds": 2.0, **given})

        return begin

    wrap("gateway.web.limits:Limits.__init__", around)


def short_leases() -> None:
    """What a replica had in hand is another's within seconds of its end."""
    deliver, alone, accept = (
        import_module(f"gateway.pipeline.{name}") for name in ("deliver", "alone", "accept")
    )
    shorter: tuple[tuple[ModuleType, str, Callable[[Any], object]], ...] = (
        (deliver, "_SHORTEST_LEASE", lambda _: 1.0),
        (alone, "_SPARE", lambda _: timedelta(seconds=2)),
        (dispatching, "LEASE", lambda _: timedelta(seconds=4)),
        (postgres, "_WRITING", lambda begin: begin.replace("'10s'", "'2s'")),
        (accept, "_PATIENCE", lambda _: 3.0),
    )
    for module, name, changed in shorter:
        if not hasattr(module, name):
            raise SeamGone(f"{module.__name__}.{name} is gone: say in tests/faults what it is now")
        setattr(module, name, changed(getattr(module, name)))


def synchronous_normal() -> None:
    """A commit is in the write-ahead log, and the log is synced only before it is emptied."""

    def around(real: Real) -> Real:
        def engine(name: str, begin: str, pragmas: Sequence[str], pool: type[sa.Pool]) -> sa.Engine:
            if "mode=ro" not in name and "synchronous=FULL" not in pragmas:
                raise SeamGone("synchronous=FULL is set elsewhere now: say where in tests/faults")
            planted = [each.replace("=FULL", "=NORMAL") for each in pragmas]
            made: sa.Engine = real(name, begin, planted, pool)
            return made

        return engine

    wrap("gateway.store.sqlite:_engine", around)


PLANTS: Mapping[str, Callable[[], None]] = MappingProxyType(
    {
        "answer before commit": answer_before_commit,
        "settle before send": settle_before_send,
        "no scan at start": no_scan_at_start,
        "unfenced settle": unfenced_settle,
        "new identity": new_identity,
        "lapsed lease": lapsed_lease,
        "short patience": short_patience,
        "short leases": short_leases,
        "synchronous NORMAL": synchronous_normal,
    }
)


def _delivered(delivery: Delivery) -> Settlement:
    return Settlement(
        delivery_id=delivery.id,
        claim=delivery.claim,
        state="delivered",
        reason="",
        told=Told(revision=delivery.revision, tried=True),
    )


def _holder(connection: sa.Connection, settlement: Settlement) -> str:
    held = sa.select(table.c.claim).where(table.c.id == settlement.delivery_id)
    return connection.execute(held).scalar_one() or ""
