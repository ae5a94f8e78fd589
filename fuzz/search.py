"""One search, in a process that libFuzzer ends; `__main__` starts it."""

import random
import sys
from collections.abc import Callable, Sequence

import atheris

# What is imported from here on tells the search which of its branches were taken.
with atheris.instrument_imports(include=["gateway"]):
    from fuzz.targets import TARGETS

from fuzz.target import Change, Target

_IN_STRUCTURE = 0.75
"""How many of the changes go along an input's structure, where it has one."""


def search(target: Target, words: Sequence[str]) -> None:
    """Searches until libFuzzer ends the process."""
    options = [sys.argv[0], *words]
    if target.change is None:
        atheris.Setup(options, target.check)
    else:
        atheris.Setup(options, target.check, custom_mutator=_mutator(target.change))
    atheris.Fuzz()


def _mutator(change: Change) -> Callable[[bytes, int, int], bytes]:
    """Changes bytes or structure, as a die says."""

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        dice = random.Random(seed)
        if dice.random() < _IN_STRUCTURE:
            for _ in range(dice.randint(1, 3)):
                data = change(data, dice)
            if len(data) <= most:
                return data
        changed: bytes = atheris.Mutate(data[:most], most)
        return changed

    return mutate


if __name__ == "__main__":
    name, planted, *rest = sys.argv[1:]
    chosen = TARGETS[name]
    if planted == "planted":
        chosen.plant.put()
    search(chosen, rest)
