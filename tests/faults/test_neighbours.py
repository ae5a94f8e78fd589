"""The short form: what a healthy receiver gets. How soon is measured by `make faults`."""

from pathlib import Path

import pytest

from tests.faults.neighbours import Beside, Compared, beside
from tests.faults.troubled import BREAKS_TLS

FAST, SLOW = [0.01] * 100, [0.01] * 90 + [0.016] * 10


@pytest.mark.parametrize("trouble", ["hangs", "streams without end", BREAKS_TLS])
async def test_a_healthy_receiver_gets_everything_once_beside_one_in_trouble(
    tmp_path: Path, trouble: str
) -> None:
    found = await beside(tmp_path, trouble, webhooks=10)

    assert (found.sent, len(found.waits), found.copies) == (10, 10, 0)


@pytest.mark.parametrize(
    ("well", "troubled", "expected"),
    [
        (Beside(100, 0, FAST), Beside(100, 0, FAST), []),
        (Beside(100, 0, FAST), Beside(100, 1, FAST[1:]), ["hangs: 99 of 100, 1 twice"]),
        (
            Beside(100, 0, FAST),
            Beside(100, 0, SLOW),
            ["beside one that hangs: p99 16 ms against 10 ms, 1.60 times"],
        ),
    ],
)
def test_what_is_lost_told_twice_or_slow_is_wrong(
    well: Beside, troubled: Beside, expected: list[str]
) -> None:
    assert list(Compared("hangs", [well], [troubled]).wrong) == expected


def test_where_nothing_arrived_everything_is_lost() -> None:
    found = Compared("hangs", [Beside(100, 0, FAST)], [Beside(100, 0, [])])

    assert "hangs: 0 of 100, 0 twice" in found.wrong


def test_an_unsteady_machine_is_no_verdict() -> None:
    well = [Beside(100, 0, FAST), Beside(100, 0, SLOW)]

    found = Compared("hangs", well, [Beside(100, 0, [0.02] * 100)])

    assert list(found.wrong) == []
    assert found.line.endswith("no verdict, the machine was unsteady")


def test_what_every_run_says_is_a_verdict_on_an_unsteady_machine_too() -> None:
    well = [Beside(100, 0, FAST), Beside(100, 0, SLOW)]

    found = {wait: Compared("hangs", well, [Beside(100, 0, [wait] * 100)]) for wait in (0.01, 0.1)}

    assert {wait: each.verdict for wait, each in found.items()} == {0.01: "kept", 0.1: "broken"}
    assert len(list(found[0.1].wrong)) == 1
