"""Webhooks from many connections, at the rate of the answers or at a rate of their own.

Requests are bytes that were made before: what sends them is to cost less than what answers them.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import cast

HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length:"
_GOOD = 2  # the first digit of a status
# An event loop's timers are a millisecond late at worst: the rest is waited awake.
_SPIN_SECONDS = 0.002


@dataclass(slots=True)
class Load:
    """What became of the requests."""

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    """Seconds from when a request was to be sent until its answer was there, in no order."""
    written: dict[int, float] = field(default_factory=dict)
    """When the last byte of each request went out; only for requests at a rate of their own."""

    @property
    def rate(self) -> float:
        """Answers of 2xx per second."""
        return self.good / self.seconds

    @property
    def good(self) -> int:
        """Answers of 2xx."""
        return sum(number for status, number in self.statuses.items() if status // 100 == _GOOD)

    def sound(self) -> "Load":
        """Itself; raises where a request got no 2xx, for then its figures say nothing."""
        if self.good < self.statuses.total() or not self.good:
            raise RuntimeError(f"not every webhook was taken: {dict(self.statuses)}")
        return self


class Connection(asyncio.Protocol):
    """One request at a time; tells the answer's status, 0 where the connection was lost."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._came = bytearray()
        self._answer: asyncio.Future[int] | None = None
        self.written = 0.0
        """When the latest request was handed to the kernel, as `time.perf_counter` has it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Is ready to send."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Takes the next piece of the answer."""
        self._came += data
        end = self._came.find(HEAD_END)
        if end < 0 or not is_whole(self._came, end):
            return
        status = int(self._came[9:12])
        self._came.clear()
        if self._answer and not self._answer.done():
            self._answer.set_result(status)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Whoever waits hears that nothing comes any more."""
        self._transport = None
        if self._answer and not self._answer.done():
            self._answer.set_result(0)

    async def ask(self, request: bytes) -> int:
        """The status of the answer."""
        if self._transport is None:
            return 0
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        self.written = time.perf_counter()
        return await self._answer

    def close(self) -> None:
        """Ends the connection."""
        if self._transport:
            self._transport.abort()


def is_whole(message: bytes | bytearray, end: int) -> bool:
    """Whether the body is there too, where the head ends at `end`."""
    head = bytes(message[:end]).lower()
    at = head.find(_LENGTH)
    if at < 0:  # in chunks, or without a body
        return b"chunked" not in head or message.endswith(b"0\r\n\r\n")
    length = int(head[at + len(_LENGTH) :].split(b"\r\n", 1)[0])
    return len(message) >= end + len(HEAD_END) + length


async def connect(port: int, number: int) -> list[Connection]:
    """So many connections to that port of this machine."""
    loop = asyncio.get_running_loop()
    return [(await loop.create_connection(Connection, "127.0.0.1", port))[1] for _ in range(number)]


async def closed(port: int, requests: Iterable[bytes], connections: int) -> Load:
    """Each connection sends its next request when it has an answer, until there are none left."""
    load, rest = Load(), iter(requests)
    lines = await connect(port, connections)
    began = time.perf_counter()
    await asyncio.gather(*(_closed(line, rest, load) for line in lines))
    load.seconds = time.perf_counter() - began
    for line in lines:
        line.close()
    return load


async def _closed(line: Connection, rest: Iterator[bytes], load: Load) -> None:
    for request in rest:
        sent = time.perf_counter()
        status = await line.ask(request)
        load.latencies.append(time.perf_counter() - sent)
        load.statuses[status] += 1
        if not status:
            return


async def paced(port: int, requests: Iterable[bytes], rate: float, connections: int) -> Load:
    """So many a second, come what may: one that finds no connection free waits, and is late."""
    load = Load()
    lines = await connect(port, connections)
    free, waiting = deque(lines), deque[tuple[int, float, bytes]]()
    tasks: set[asyncio.Task[None]] = set()

    async def ask(line: Connection, number: int, due: float, request: bytes) -> None:
        load.statuses[await line.ask(request)] += 1
        load.latencies.append(time.perf_counter() - due)
        load.written[number] = line.written
        if waiting:
            begin(line, *waiting.popleft())
        else:
            free.append(line)

    def begin(line: Connection, number: int, due: float, request: bytes) -> None:
        task = asyncio.create_task(ask(line, number, due, request))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    began = time.perf_counter()
    for number, request in enumerate(requests):
        due = began + number / rate
        while (left := due - time.perf_counter()) > 0:  # noqa: ASYNC110 - a time, not a state
            await asyncio.sleep(max(left - _SPIN_SECONDS, 0))
        if free:
            begin(free.popleft(), number, due, request)
        else:
            waiting.append((number, due, request))
    while tasks:
        await asyncio.wait(tasks)
    load.seconds = time.perf_counter() - began
    for line in lines:
        line.close()
    return load


def lasting(requests: Iterator[bytes], seconds: float) -> Iterator[bytes]:
    """The requests of so many seconds, from the first one that is asked for; the rest are left."""
    ends = time.perf_counter() + seconds
    while time.perf_counter() < ends and (request := next(requests, None)) is not None:
        yield request
