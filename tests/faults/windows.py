"""The windows in which a kill could cost something, and a process that kills itself in one."""

import os
import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tests.faults.seams import Around, after, before, wrap


@dataclass(frozen=True, slots=True)
class Window:
    """Where it is, and how many passings a kill may wait for."""

    seam: str
    place: Callable[[Callable[[], None]], Around]
    passings: int


WINDOWS: Mapping[str, Window] = MappingProxyType(
    {
        # The rows of the webhooks are written, their transaction is open.
        "before commit": Window("gateway.store.events:add", after, 10),
        # The webhook is committed, nobody was told.
        "commit to answer": Window("gateway.pipeline.accept:Accept.__call__", after, 40),
        # Alerts, deliveries and the event's new state are half written.
        "dispatch": Window("gateway.store.deliveries:owe", after, 60),
        # The claim is committed, no byte has left.
        "claim to send": Window("gateway.transport.http:Http.send", before, 60),
        # The receiver has answered; attempt and new state are written, but not committed.
        "receipt to settle": Window("gateway.store.deliveries:settle", after, 30),
    }
)


def arm(window: str, passing: int) -> None:
    """Has this process die by SIGKILL at the so many-th passing of the window."""
    chosen = WINDOWS[window]
    wrap(chosen.seam, chosen.place(Countdown(passing)))


class Countdown:
    """Kills this process when it has been called so many times."""

    def __init__(self, passing: int) -> None:
        self._left = passing
        self._turn = threading.Lock()

    def __call__(self) -> None:
        with self._turn:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
