from collections.abc import Awaitable, Callable

from bench.pairs import in_turn, ratio
from bench.result import Spread


async def test_every_other_round_runs_backwards_and_is_told_forwards() -> None:
    ran: list[str] = []

    def run(name: str) -> Callable[[], Awaitable[str]]:
        async def measured() -> str:
            ran.append(name)
            return name + str(len(ran))

        return measured

    rounds = await in_turn(3, run("a"), run("b"), run("c"))

    assert ran == ["a", "b", "c", "c", "b", "a", "a", "b", "c"]
    assert rounds == [("a1", "b2", "c3"), ("a6", "b5", "c4"), ("a7", "b8", "c9")]


def test_the_ratio_is_of_each_round_on_its_own() -> None:
    # The second round was disturbed, and both of it with it: its ratio is as good as the others'.
    assert ratio([80.0, 8.0, 90.0], [100.0, 10.0, 100.0]) == Spread(0.8, 0.8, 0.9)
