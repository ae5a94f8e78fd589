"""The real program, with a kill or a planted fault: `python -m tests.faults.launcher … serve …`."""

import argparse
import sys

from gateway.__main__ import main
from tests.faults.plants import PLANTS
from tests.faults.windows import WINDOWS, arm


def launch(words: list[str]) -> None:
    """Runs `snyk-gateway` with the words that are left, after the faults were put in."""
    parser = argparse.ArgumentParser(prog="tests.faults.launcher")
    parser.add_argument("--plant", action="append", default=[], choices=PLANTS)
    parser.add_argument("--window", choices=WINDOWS)
    parser.add_argument("--passing", type=int, default=1)
    asked, rest = parser.parse_known_args(words)
    for name in asked.plant:
        PLANTS[name]()
    if asked.window:
        arm(asked.window, asked.passing)
    sys.argv = ["snyk-gateway", *rest]
    main()


if __name__ == "__main__":
    launch(sys.argv[1:])
