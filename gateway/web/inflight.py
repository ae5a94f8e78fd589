"""A bound on the bytes of webhooks that are in memory at one time."""

from types import TracebackType
from typing import Self

from aiohttp import web


class Inflight:
    """Lends memory to requests up to a limit."""

    def __init__(self, most: int) -> None:
        self.free = most

    def share(self, expected: int) -> "Share":
        """One request's share, to be given back by leaving its `with`.

        What a client announces is not set aside: a few that announce much and send nothing would
        lock everybody out. One that cannot fit is refused before its body is read.
        """
        if expected > self.free:
            raise full()
        return Share(self)


class Share:
    """What one request has borrowed."""

    __slots__ = ("_inflight", "_taken")

    def __init__(self, inflight: Inflight) -> None:
        self._inflight = inflight
        self._taken = 0

    def take(self, size: int) -> None:
        """Borrows that many bytes, or answers 503."""
        if size > self._inflight.free:
            raise full()
        self._inflight.free -= size
        self._taken += size

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._inflight.free += self._taken
        self._taken = 0


def full() -> web.HTTPServiceUnavailable:
    """The refusal of a body for which there is no memory."""
    return web.HTTPServiceUnavailable(text="too many bodies at once", headers={"Retry-After": "5"})
