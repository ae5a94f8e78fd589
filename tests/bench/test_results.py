from pathlib import Path

from bench import results
from bench.goal import row
from bench.result import Part, Row, Spread
from bench.results import Result


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    part = Part(
        name="accept",
        title="Accepting",
        rows=[
            row("one", {"ratio": Spread(0.8, 0.7, 0.9)}, "ratio >= 0.75"),
            Row(what="another", figures={"ms": 1.5, "modules": "-"}),
        ],
        notes=["On loopback."],
    )
    result = Result.now(part, {"Python": "3.11"}, quick=False)

    results.write(result, tmp_path / "results")

    assert results.read("accept", tmp_path / "results") == result


def test_nothing_is_read_of_what_was_never_measured(tmp_path: Path) -> None:
    assert results.read("accept", tmp_path) is None
