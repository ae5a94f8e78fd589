import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from gateway.running.loops import Loops
from gateway.running.queues import Queues
from tests.pipeline.conftest import StillClock


@dataclass
class Idle:
    """A queue that does nothing but count."""

    left: int = 0
    hints: int = 0
    runs: int = 0
    waited: list[float] = field(default_factory=list)

    async def run(self) -> None:
        self.runs += 1
        await asyncio.Event().wait()

    def hint(self) -> None:
        self.hints += 1

    async def drain(self, seconds: float) -> int:
        self.waited.append(seconds)
        return self.left


Made = dict[str, Idle]


@pytest.fixture
def made() -> Made:
    return {}


@pytest.fixture
async def queues(made: Made) -> AsyncIterator[Queues]:
    def make(name: str) -> Any:
        assert name not in made
        made[name] = Idle(left=len(made))
        return made[name]

    loops = Loops(StillClock())
    yield Queues(make, loops)
    await loops.stop()


async def test_each_sink_gets_one_queue_that_runs(queues: Queues, made: Made) -> None:
    queues.start(["chat", "siem"])
    queues.start(["siem", "oncall"])
    await asyncio.sleep(0)

    assert {name: queue.runs for name, queue in made.items()} == dict.fromkeys(
        ("chat", "siem", "oncall"), 1
    )


async def test_whoever_was_there_before_looks_again(queues: Queues, made: Made) -> None:
    queues.start(["chat"])
    queues.start(["siem"])

    assert (made["chat"].hints, made["siem"].hints) == (2, 1)


async def test_a_hint_reaches_whom_it_names_and_none_that_is_unknown(
    queues: Queues, made: Made
) -> None:
    queues.start(["chat", "siem"])

    queues.hint(["siem", "gone"])

    assert (made["chat"].hints, made["siem"].hints) == (1, 2)


async def test_all_are_drained_at_once_and_what_is_left_is_added_up(
    queues: Queues, made: Made
) -> None:
    queues.start(["chat", "siem", "oncall"])

    assert await queues.drain(7.0) == 3
    assert [queue.waited for queue in made.values()] == [[7.0]] * 3
