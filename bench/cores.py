"""Which processor measures, and which is measured."""

import os

MEASURED, *OTHERS = sorted(os.sched_getaffinity(0))
"""The core of whatever is measured; the load and the receiving end have the others."""


def stand_aside() -> None:
    """Keeps this process off the core that is measured."""
    if not OTHERS:
        raise SystemExit("one processor is not enough: the load would share it with the gateway")
    os.sched_setaffinity(0, OTHERS)


def spread_out() -> None:
    """Lets this process, and whatever it starts, have every core."""
    os.sched_setaffinity(0, {MEASURED, *OTHERS})


def pin() -> None:
    """Puts this process, and whatever it starts, on the core that is measured."""
    os.sched_setaffinity(0, {MEASURED})
