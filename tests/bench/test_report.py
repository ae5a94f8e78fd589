from bench import report
from bench.goal import row
from bench.result import Part, Row, Spread
from bench.results import Result

PART = Part(
    name="accept",
    title="Accepting",
    rows=[
        row("one", {"gateway/s": 1_234.5, "ratio": Spread(0.8, 0.7, 0.9)}, "ratio >= 0.75"),
        Row(what="another", figures={"gateway/s": 20.0, "ratio": 0.5}),
        Row(what="a claim", figures={"ms": 3.25}),
    ],
    notes=["On loopback."],
)


def test_a_terminal_has_columns_under_each_other() -> None:
    assert report.text(PART).splitlines() == [
        "Accepting",
        "",
        "          gateway/s                 ratio            goal",
        "one           1,234   0.80 (0.70 to 0.90)   ratio >= 0.75   met",
        "another          20                  0.50",
        "",
        "            ms",
        "a claim   3.25",
        "",
        "On loopback.",
    ]


def test_markdown_names_machine_time_and_notes() -> None:
    result = Result(part=PART, machine={"Python": "3.11"}, at="2026-03-01 12:00 UTC", quick=True)

    lines = report.markdown([result], result.machine).splitlines()

    assert "| Python | 3.11 |" in lines
    assert "`accept`, 2026-03-01 12:00 UTC; quick: figures to look at, not to quote" in lines
    assert "| one | 1,234 | 0.80 (0.70 to 0.90) | ratio >= 0.75 | met |" in lines
    assert "| a claim | 3.25 |" in lines
    assert "- On loopback." in lines


def test_each_goal_has_a_line() -> None:
    assert list(report.goals(PART)) == ["met         accept: one (ratio >= 0.75)"]
