from collections.abc import Sequence
from typing import Any

import pytest

from gateway.cli.demo.expectation import Due, Line, Rules, compare
from gateway.web.standins.standin import Received

CREATED = Received(what="create", text="lodash", identity="a")
CLOSED = Received(what="close", text="", identity="a")


def delivery(key: str, *sinks: str) -> dict[str, Any]:
    return {
        "alert_key": key,
        "sinks": list(sinks),
        "route": "page",
        "deliver": "alerts",
        "held_until": None,
        "muted_by": None,
        "outside": None,
    }


def event(*findings: dict[str, Any], deliveries: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    return {"deliveries": list(deliveries), "findings": list(findings)}


def finding(name: str, change: str, *deliveries: dict[str, Any]) -> dict[str, Any]:
    return {"id": name, "package": "p", "change": change, "deliveries": list(deliveries)}


def rules() -> Rules:
    return Rules(resolving=frozenset({"oncall", "siem"}))


def opened(*sinks: str) -> list[Due]:
    return [Due(sink=sink, what="open") for sink in sinks]


def closed(*sinks: str) -> list[Due]:
    return [Due(sink=sink, what="close") for sink in sinks]


def test_every_sink_of_an_alert_is_owed_its_opening_once() -> None:
    said = event(
        finding("1", "new", delivery("k", "oncall", "slack")),
        finding("2", "new", delivery("k", "oncall", "slack"), delivery("m", "siem")),
    )

    assert rules().due(said) == opened("oncall", "slack", "siem")


def test_a_fix_is_owed_to_the_sinks_that_want_to_hear_of_it() -> None:
    series = rules()
    series.due(event(finding("1", "new", delivery("k", "oncall", "slack", "siem"))))

    assert series.due(event(finding("1", "removed"))) == closed("oncall", "siem")


def test_an_alert_ends_with_its_last_finding_only() -> None:
    series = rules()
    alert = delivery("k", "oncall")
    series.due(event(finding("1", "new", alert), finding("2", "new", alert)))

    assert series.due(event(finding("1", "removed"))) == []
    assert series.due(event(finding("2", "removed"))) == closed("oncall")


def test_a_fix_of_what_was_never_told_is_owed_to_nobody() -> None:
    assert rules().due(event(finding("1", "removed", delivery("k", "oncall")))) == []


def test_what_came_as_promised_is_sound() -> None:
    lines = compare("new-critical", opened("oncall"), [("oncall", CREATED)])

    assert lines == [Line(sample="new-critical", sink="oncall", got="create: lodash")]
    assert lines[0].is_sound


def test_what_did_not_come_is_named() -> None:
    lines = compare("fixed", closed("oncall"), [])

    assert [(line.sink, line.got, line.faults) for line in lines] == [
        ("oncall", "no close", ("did not arrive",))
    ]


def test_an_opening_does_not_pass_for_a_close() -> None:
    lines = compare("fixed", closed("oncall"), [("oncall", CREATED)])

    assert [line.faults for line in lines] == [("not expected",), ("did not arrive",)]


def test_what_nobody_asked_for_is_a_fault() -> None:
    lines = compare("clean", [], [("oncall", CLOSED)])

    assert [line.faults for line in lines] == [("not expected",)]


def test_a_message_that_the_vendor_would_refuse_is_a_fault() -> None:
    refused = Received(what="message", text="x", faults=("51 blocks",))

    assert [line.faults for line in compare("s", opened("slack"), [("slack", refused)])] == [
        ("51 blocks",)
    ]


def test_nothing_is_right_where_nothing_was_due() -> None:
    assert compare("ping", [], []) == [
        Line(sample="ping", sink="-", got="nothing, as it should be")
    ]


def test_an_event_that_is_delivered_by_itself_is_owed_each_time() -> None:
    archived = delivery("", "siem") | {"alert_key": None, "deliver": "events"}

    assert rules().due(event(deliveries=[archived])) == opened("siem")


@pytest.mark.parametrize(
    "kept_back", [{"held_until": "later"}, {"muted_by": "a silence"}, {"outside": "drop"}]
)
def test_what_is_kept_back_is_owed_to_nobody_now(kept_back: dict[str, Any]) -> None:
    series = rules()

    assert series.due(event(finding("1", "new", delivery("k", "oncall") | kept_back))) == []
    assert series.due(event(finding("1", "removed"))) == []


def test_what_waits_for_company_is_owed_later() -> None:
    series = Rules(resolving=frozenset(), waiting=frozenset({"page"}))

    assert series.due(event(finding("1", "new", delivery("k", "oncall")))) == []
