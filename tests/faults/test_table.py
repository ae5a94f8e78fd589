from tests.faults.oracle import Acknowledged, Evidence, Kill, Receipt, Webhook, judge
from tests.faults.powercut import Cuts
from tests.faults.table import Row, Weather, lines, row, row_of_cuts, rows_of_kills, storm_lines

FIRST, SECOND = (Webhook(each, each, opens=True) for each in ("first", "second"))


def test_a_webhook_counts_for_the_fault_under_which_it_was_acknowledged() -> None:
    evidence = Evidence(
        sent=[FIRST, SECOND],
        acknowledged=[Acknowledged(FIRST, "e1", life=1), Acknowledged(SECOND, "e2", life=2)],
        receipts=[received("first", life=1), received("first", life=2)],
        kills={1: Kill("dispatch", 60, frozenset()), 2: Kill("any moment", 70, frozenset())},
    )

    verdict = judge(evidence)

    kills = rows_of_kills(evidence, verdict)

    assert [each.cells for each in [*kills, row("all", 2, evidence, verdict)]] == [
        ("killed: any moment", "1", "1", "0", "1", "0", "0", "70+"),
        ("killed: dispatch", "1", "1", "1", "0", "1", "1", "60+"),
        ("all", "2", "2", "1", "1", "1", "1", "60+"),
    ]


def test_power_cuts_count_every_body_at_every_cut() -> None:
    cuts = Cuts(number=1000, answered=3000, lost=7, losing=2)

    assert row_of_cuts("power cut", cuts).cells == (
        *("power cut", "1,000", "3,000", "2,993", "7", "0", "0", ""),
    )


def test_a_row_is_a_line_of_a_table() -> None:
    stopped = Row(
        fault="stopped",
        rounds=10,
        acknowledged=1234,
        delivered=1234,
        lost=0,
        copies=0,
        duplicated=0,
    )

    head, rule, line = lines([stopped])

    assert head.startswith("| fault   | rounds | acknowledged | delivered |")
    assert rule.startswith("| ------- | -----: | -----------: | --------: |")
    assert line.startswith("| stopped |     10 |        1,234 |     1,234 |")
    assert len({len(head), len(rule), len(line)}) == 1


def test_a_storm_shows_every_answer_it_got() -> None:
    storm = Weather("of forgeries", {401: 10_000, 0: 1, 200: 7}, 0, slowest=0.25, peak=123)

    *_, line = storm_lines([storm])

    told = "none: 1, 200: 7, 401: 10,000"
    assert line == f"| of forgeries | {told} |         |       0.2 s | 123 MiB |"


def received(thing: str, *, life: int) -> Receipt:
    return Receipt(
        sink="archive", what="event", thing=thing, identity=thing, life=life, at=0.0, status=200
    )
