from bench.latency import judged_row


def test_the_gateway_is_held_against_the_median_of_all_bare_runs() -> None:
    row = judged_row([0.010, 0.011, 0.010], [0.018, 0.019, 0.050], [0.010, 0.010, 0.012])

    assert row.figures["ratio"] == 1.9
    assert row.verdict == "met"


def test_there_is_no_verdict_where_the_bare_handler_does_not_match_itself() -> None:
    row = judged_row([0.010, 0.010, 0.010], [0.011, 0.011, 0.011], [0.014, 0.014, 0.014])

    assert row.figures["bare against bare"] == 1.4
    assert row.verdict == "no verdict"
