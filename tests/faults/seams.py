"""Places in the gateway where a fault can be put, found by name in the process that is launched."""

import inspect
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

Real = Callable[..., Any]
Around = Callable[[Real], Real]


class SeamGone(Exception):
    """What the fault suite wraps is no longer where it was."""


def wrap(seam: str, around: Around) -> None:
    """Puts something around the function that stands at `module:name` or `module:Class.name`.

    Raises SeamGone where there is none: a fault that is never put in would prove nothing.
    """
    owner, name = found(seam)
    setattr(owner, name, around(getattr(owner, name)))


def found(seam: str) -> tuple[Any, str]:
    """Who holds the function of that seam, and its name there."""
    module, _, path = seam.partition(":")
    *classes, name = path.split(".")
    try:
        owner: Any = import_module(module)
        for each in classes:
            owner = getattr(owner, each)
        getattr(owner, name)
    except (ImportError, AttributeError) as error:
        text = f"{seam} is gone ({error}): say in tests/faults where the same thing happens now"
        raise SeamGone(text) from None
    return owner, name


def before(step: Callable[[], None]) -> Around:
    """Does the step, then what was asked for."""
    return _with(step, _nothing)


def after(step: Callable[[], None]) -> Around:
    """Does what was asked for, then the step, then hands the answer back."""
    return _with(_nothing, step)


def _with(first: Callable[[], None], last: Callable[[], None]) -> Around:
    def around(real: Real) -> Real:
        def here(*args: Any, **kwargs: Any) -> Any:
            first()
            answer = real(*args, **kwargs)
            last()
            return answer

        async def waiting(*args: Any, **kwargs: Any) -> Any:
            first()
            answering: Awaitable[Any] = real(*args, **kwargs)
            answer = await answering
            last()
            return answer

        return waiting if inspect.iscoroutinefunction(real) else here

    return around


def _nothing() -> None:
    pass
