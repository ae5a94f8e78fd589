"""The event loop of a gateway: uvloop where it is installed, which takes less time per message."""

import asyncio
from collections.abc import Coroutine
from importlib.util import find_spec
from typing import Any, TypeVar

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """What the coroutine returns."""
    with asyncio.Runner(loop_factory=_new) as runner:
        return runner.run(main)


def name() -> str:
    """Whose the loop is that runs: `uvloop` or `asyncio`."""
    return type(asyncio.get_running_loop()).__module__.partition(".")[0]


def _new() -> asyncio.AbstractEventLoop:
    if find_spec("uvloop") is None:  # not on every system
        return asyncio.new_event_loop()
    import uvloop  # noqa: PLC0415 - nothing but a running gateway needs it

    return uvloop.new_event_loop()
