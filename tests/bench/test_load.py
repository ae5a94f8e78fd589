import asyncio
from collections.abc import Iterator, Sequence

import pytest

from bench import load, webhook
from bench.baseline import bare
from bench.delay import delays
from bench.receiver import Receiver, receiving
from bench.window import Window


async def test_a_bare_handler_checks_signatures() -> None:
    good = webhook.requests(0, 40)
    forged = [each.replace(b"sha256=", b"sha256=0") for each in good[:3]]

    async with bare("handler") as handler:
        closed = await load.closed(handler.port, good, 4)
        paced = await load.paced(handler.port, good[:20], 400, 4)
        refused = await load.closed(handler.port, forged, 2)

    assert closed.statuses == {200: 40}
    assert len(closed.latencies) == 40
    assert paced.statuses == {200: 20}
    assert sorted(paced.written) == list(range(20))
    assert paced.seconds >= 19 / 400
    assert refused.statuses == {401: 3}
    with pytest.raises(RuntimeError, match="401"):
        refused.sound()


async def test_no_more_events_than_the_window_holds_are_under_way() -> None:
    taken = 0
    under_way: list[int] = []
    window = Window(size=6, connections=3, warm=0.1, seconds=0.3)

    async with receiving() as receiver, bare("whole", receiver.url) as relay:

        def counted() -> Iterator[bytes]:
            nonlocal taken
            for each in webhook.supply([]):
                taken += 1
                under_way.append(taken - len(receiver.times))
                yield each

        flow = await window.flow(relay.child, relay.port, receiver, counted())

    assert flow.rate > 0
    assert 1 < max(under_way) <= 6


async def test_a_window_that_nothing_leaves_says_so() -> None:
    async with receiving() as receiver, bare("handler") as handler:
        window = Window(size=2, connections=1, warm=0.1, seconds=0.1, first_within=0.3)
        with pytest.raises(TimeoutError):
            await window.flow(handler.child, handler.port, receiver, webhook.supply([]))


async def test_a_load_ends_in_time_and_leaves_the_rest() -> None:
    rest = iter([b"1", b"2", b"3"])

    now = list(load.lasting(rest, 60))
    none = list(load.lasting(iter([b"4"]), 0))

    assert (now, none) == ([b"1", b"2", b"3"], [])


@pytest.mark.parametrize(
    ("message", "whole"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", True),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\no", False),
        (b"HTTP/1.1 204 No Content\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", True),
    ],
)
def test_an_answer_is_whole_with_its_body(message: bytes, whole: bool) -> None:
    assert load.is_whole(message, message.find(load.HEAD_END)) is whole


def test_a_delay_is_of_one_project() -> None:
    sent = load.Load(written={0: 1.0, 1: 2.0, 2: 3.0})
    bodies: Sequence[bytes] = webhook.requests(0, 3)
    receiver = Receiver(times=[3.5, 2.25, 1.5], bodies=[bodies[2], bodies[1], bodies[0]])

    assert delays(sent, receiver, first=1) == [0.5, 0.25]


async def test_a_receiver_notes_the_first_byte_and_calls() -> None:
    heard = asyncio.Event()
    async with receiving(keep=True) as receiver:
        receiver.heard = heard.set
        (line,) = await load.connect(receiver.port, 1)
        status = await line.ask(webhook.requests(7, 1)[0])
        line.close()

    assert (status, heard.is_set(), webhook.number(receiver.bodies[0])) == (200, True, 7)
