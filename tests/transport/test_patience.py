import asyncio
import socket
import time
from collections.abc import Iterator

import pytest

from gateway.transport.patience import patience

SECONDS = 0.05


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a connection."""
    near, far = socket.socketpair()
    near.setblocking(False)  # noqa: FBT003 - the library's signature
    with near, far:
        yield near, far


def _since(began: float) -> float:
    """Seconds on the loop's own clock, whose steps are whole milliseconds with uvloop."""
    return round(asyncio.get_running_loop().time() - began, 3)


async def test_who_does_not_answer_is_given_up() -> None:
    began = asyncio.get_running_loop().time()

    with pytest.raises(TimeoutError):
        async with patience(SECONDS):
            await asyncio.Event().wait()

    assert _since(began) >= SECONDS


async def test_what_is_done_in_time_is_never_cut_off() -> None:
    async with patience(SECONDS):
        pass

    await asyncio.sleep(2 * SECONDS)


async def test_an_answer_that_came_while_we_stood_still_counts(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    near, far = ends
    loop = asyncio.get_running_loop()

    def stand_still() -> None:
        far.send(b"answer")
        time.sleep(4 * SECONDS)

    async with patience(SECONDS):
        loop.call_soon(stand_still)
        answer = await loop.sock_recv(near, 100)

    assert answer == b"answer"


async def test_who_does_not_answer_after_a_standstill_is_given_up_too() -> None:
    standstill = 4 * SECONDS
    loop = asyncio.get_running_loop()
    loop.call_soon(time.sleep, standstill)
    began = loop.time()

    with pytest.raises(TimeoutError):
        async with patience(SECONDS):
            await asyncio.Event().wait()

    assert _since(began) >= standstill + SECONDS


async def test_an_error_within_goes_through_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError):
        async with patience(SECONDS):
            raise ZeroDivisionError


async def test_a_stop_from_outside_is_no_timeout() -> None:
    async def waiting() -> None:
        async with patience(60):
            await asyncio.Event().wait()

    task = asyncio.create_task(waiting())
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
