"""docs/reliability.md shows the table of states as it is."""

import re
from pathlib import Path

from gateway.model.delivery import MOVES

PAGE = (Path(__file__).parents[2] / "docs" / "reliability.md").read_text()
ROW = re.compile(r"^\| `(\w+)` \|[^|]+\| ?([^|]*) ?\|$", re.MULTILINE)


def test_every_state_is_shown_with_what_it_may_become() -> None:
    section = PAGE.partition("## States of a delivery")[2].partition("\n## ")[0]
    shown = {
        state: frozenset(re.findall(r"`(\w+)`", after)) for state, after in ROW.findall(section)
    }

    assert shown == dict(MOVES)
