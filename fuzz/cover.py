"""Which branches the corpus takes: `python -m fuzz.cover`; 1 where a target is below the goal.

With a target and a folder, the corpus becomes the fewest small inputs of both that take as much,
beside those that have a name.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from coverage import Coverage

from fuzz.target import Target
from fuzz.targets import TARGETS

GOAL = 90.0
LONGEST = 4000
"""Bytes; what is larger is no input to keep."""

Arc = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Branches:
    """How many branches a target's modules have, and how many its corpus takes."""

    target: str
    inputs: int
    taken: int
    there: int

    @property
    def share(self) -> float:
        """Per cent."""
        return 100 * self.taken / self.there

    def __str__(self) -> str:
        branches = f"{self.taken} of {self.there} branches, {self.share:.1f} %"
        return f"{self.target}: {self.inputs} inputs take {branches}"


def branches(target: Target) -> Branches:
    """What a replay of the corpus takes."""
    files, inputs = _files(target), target.inputs()
    measured = Coverage(branch=True, include=files, data_file=None, config_file=False)
    with measured.collect():
        for path in inputs:
            target.check(path.read_bytes())
    exits = [each for file in files for each in measured.branch_stats(file).values()]
    there, taken = (sum(numbers) for numbers in zip(*exits, strict=True))
    return Branches(target.name, len(inputs), taken, there)


def fewest(target: Target, inputs: Iterable[bytes]) -> list[bytes]:
    """Of the inputs, small ones that go every way that any of them goes."""
    kept, seen = [], set[Arc]()
    small = {each for each in inputs if len(each) < LONGEST}
    for each in sorted(small, key=lambda it: (len(it), it)):
        arcs = _arcs(target, each)
        if not arcs <= seen:
            kept.append(each)
            seen |= arcs
    return kept


def _arcs(target: Target, data: bytes) -> set[Arc]:
    files = _files(target)
    measured = Coverage(branch=True, include=files, data_file=None, config_file=False)
    with measured.collect():
        target.check(data)
    found = measured.get_data()
    return {(file, *arc) for file in files for arc in found.arcs(file) or ()}


def _files(target: Target) -> list[str]:
    specs = [find_spec(module) for module in target.modules]
    return [spec.origin for spec in specs if spec is not None and spec.origin is not None]


def _rewrite(target: Target, folder: Path) -> None:
    """Makes the corpus the fewest of itself and of a folder; what has a name stays."""
    paths = [*target.inputs(), *(path for path in folder.iterdir() if path.is_file())]
    written = {path.read_bytes() for path in target.inputs() if not path.name.isdigit()}
    kept = fewest(target, [path.read_bytes() for path in paths])
    for path in target.inputs():
        if path.name.isdigit():
            path.unlink()
    for number, each in enumerate((each for each in kept if each not in written), start=1):
        (target.corpus / f"{number:02}").write_bytes(each)


def main(words: Sequence[str], targets: Mapping[str, Target] = TARGETS) -> int:
    """Prints the share of each target; 1 where one is below the goal."""
    if words:
        name, folder = words
        _rewrite(targets[name], Path(folder))
    shares = [branches(target) for target in targets.values()]
    print(*shares, sep="\n")
    return 1 if any(each.share < GOAL for each in shares) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
