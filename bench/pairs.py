"""Several things measured in turn, so that whatever else the machine does troubles all of them."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from bench.result import Spread

Figure = TypeVar("Figure")
Run = Callable[[], Awaitable[Figure]]


async def in_turn(rounds: int, *runs: Run[Figure]) -> list[tuple[Figure, ...]]:
    """What each round came to, as the runs stand here; every other round runs them backwards."""
    return [await _round(runs, backwards=number % 2 == 1) for number in range(rounds)]


async def _round(runs: Sequence[Run[Figure]], *, backwards: bool) -> tuple[Figure, ...]:
    came = [await run() for run in (reversed(runs) if backwards else runs)]
    return tuple(reversed(came) if backwards else came)


def ratio(above: Sequence[float], below: Sequence[float]) -> Spread:
    """The median of the rounds' ratios."""
    return Spread.of([one / other for one, other in zip(above, below, strict=True)])
