import gc
import subprocess
import sys
from collections.abc import Iterator

import pytest

from gateway.running.garbage import collect_late, collect_seldom


@pytest.fixture
def collector() -> Iterator[None]:
    """The collector is as it was afterwards."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


@pytest.mark.usefixtures("collector")
def test_while_it_starts_garbage_is_looked_for_less_often() -> None:
    collect_late()

    assert gc.get_threshold()[0] == 50_000


@pytest.mark.parametrize("words", [["--help"], ["check", "nowhere.yaml"]])
def test_every_command_starts_so(words: list[str]) -> None:
    code = (
        "import gc, sys; from gateway.__main__ import main; "
        f"sys.argv[1:] = {words!r}\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(gc.get_threshold()[0], gc.get_stats()[2]['collections'])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout.splitlines()[-1] == "50000 0"


@pytest.mark.usefixtures("collector")
def test_what_there_is_at_the_start_is_not_looked_through_again() -> None:
    oldest = gc.get_threshold()[1:]

    collect_seldom()

    assert gc.get_freeze_count() > 1_000
    assert gc.get_threshold() == (10_000, *oldest)


@pytest.mark.usefixtures("collector")
def test_cycles_that_come_later_are_freed_all_the_same() -> None:
    collect_seldom()
    freed = gc.get_stats()[0]["collected"]

    for _ in range(40_000):
        cycle: list[object] = []
        cycle.append(cycle)

    assert gc.get_stats()[0]["collected"] - freed > 20_000
