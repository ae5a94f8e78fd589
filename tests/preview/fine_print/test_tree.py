"""DESIGN, sections 5 and 13: the tree and what is delivered, a test for each sentence."""

from pathlib import Path

import pytest
import yaml

from gateway.load import load
from gateway.preview.explain import explain
from gateway.preview.reading import read
from tests.preview.fine_print.conftest import AT, SECTIONS, Ask, issue, snapshot

ONE = snapshot(issue())


def rules(*routes: str, root: str = "sinks: [chat]") -> str:
    return f"route: {{{root}, routes: [{', '.join(routes)}]}}\n"


def test_the_root_is_called_root(ask: Ask) -> None:
    assert ask.problems(rules(root="name: root, sinks: [chat]")) == []
    assert ask.problems(rules(root="name: top, sinks: [chat]")) == ["must be 'root'"]


def test_every_other_route_has_a_unique_name(ask: Ask) -> None:
    high = "matchers: [severity = high]"

    assert ask.problems(rules(f"{{{high}}}")) == ["is missing"]
    assert ask.problems(rules(f"{{name: root, {high}}}"))
    assert ask.problems(rules(f"{{name: a, {high}, routes: [{{name: a, when: fixable}}]}}"))


@pytest.mark.parametrize("key", ["matchers: [type = vuln]", "continue: true", "when: fixable"])
def test_the_root_matches_everything_and_asks_for_nothing(ask: Ask, key: str) -> None:
    assert ask.problems(rules(root=f"sinks: [chat], {key}"))
    assert ask.routes(rules(), ONE) == ["root"]


def test_depth_first_in_file_order_the_first_child_that_matches(ask: Ask) -> None:
    told = rules(
        "{name: a, matchers: [severity = low]}",
        "{name: b, matchers: [type = vuln], routes: [{name: b1, matchers: [severity = high]}]}",
        "{name: c, matchers: [severity = high]}",
    )

    assert ask.routes(told, ONE) == ["b1"]


def test_on_to_the_next_siblings_only_under_continue(ask: Ask) -> None:
    told = rules(
        "{name: a, matchers: [type = vuln], continue: true}",
        "{name: b, matchers: [severity = high]}",
        "{name: c, when: severity == 'high'}",
    )

    assert ask.routes(told, ONE) == ["a", "b"]


def test_where_no_child_takes_it_the_node_itself_does(ask: Ask) -> None:
    told = rules("{name: a, matchers: [type = vuln], routes: [{name: b, when: malicious}]}")

    assert ask.routes(told, ONE) == ["a"]


def test_sinks_group_by_and_deliver_are_inherited_and_continue_is_not(ask: Ask) -> None:
    told = rules(
        "{name: a, sinks: [siem], deliver: findings, continue: true, routes: "
        "[{name: b, matchers: [type = vuln]}, {name: c, matchers: [severity = high]}]}"
    )

    (delivery,) = [each for each in ask.deliveries(told, ONE) if each["route"] != "root"]

    assert (delivery["route"], delivery["deliver"], delivery["sinks"]) == (
        "b",
        "findings",
        ["siem"],
    )


def test_a_route_of_the_other_kind_is_walked_through_and_never_takes(ask: Ask) -> None:
    told = rules(
        "{name: a, deliver: events, sinks: [siem], "
        "routes: [{name: b, deliver: alerts, matchers: [severity = low]}]}",
        "{name: c}",
    )

    explained = ask.explain(told, snapshot(issue("A"), issue("B", issueData={"severity": "low"})))

    assert [each["route"] for each in explained["deliveries"]] == ["a"]
    assert [
        [each["route"] for each in finding["deliveries"]] for finding in explained["findings"]
    ] == [["c"], ["b"]]


def test_sinks_that_are_an_empty_list_drop_on_purpose(ask: Ask) -> None:
    told = rules("{name: low, sinks: [], matchers: [severity = high]}")

    (delivery,) = ask.deliveries(told, ONE)

    assert (delivery["route"], delivery["sinks"]) == ("low", [])
    assert ask.warnings(told) == []


def test_a_finding_taken_by_two_routes_belongs_to_two_alerts(ask: Ask) -> None:
    told = rules("{name: a, continue: true}", "{name: b}", root="sinks: [chat], group_by: [cve]")

    one, other = ask.deliveries(told, ONE)

    assert one["alert_key"] != other["alert_key"]


@pytest.mark.parametrize(
    ("first", "second", "is_reached"),
    [
        ("", "matchers: [severity = high]", False),
        ("", "", False),
        ("matchers: [severity = high]", "matchers: [severity = high]", False),
        (
            "matchers: [severity = high, type = vuln]",
            "matchers: [type = vuln, severity = high]",
            False,
        ),
        ("when: fixable", "when: fixable", False),
        ("continue: true", "matchers: [severity = high]", True),
        ("deliver: events", "matchers: [severity = high]", True),
        ("matchers: [severity = high], when: fixable", "matchers: [severity = high]", True),
        ("when: fixable", "", True),
    ],
)
def test_unreachable_is_what_stands_behind_one_that_takes_the_same(
    ask: Ask,
    first: str,
    second: str,
    is_reached: bool,
) -> None:
    told = rules(f"{{name: a, {first}}}", f"{{name: b, {second}}}")

    assert (ask.problems(told) == []) is is_reached


def test_an_event_walks_once_as_itself_and_once_per_finding(ask: Ask) -> None:
    told = rules(
        "{name: archive, deliver: events, sinks: [siem]}",
        "{name: each, deliver: findings, matchers: [severity = high]}",
    )

    explained = ask.explain(told, ONE)

    assert explained["deliveries"] == [
        {
            "route": "archive",
            "deliver": "events",
            "sinks": ["siem"],
            "alert_key": None,
            "held_until": None,
            "muted_by": None,
            "outside": None,
        }
    ]
    (finding,) = explained["findings"]
    assert [(each["route"], each["alert_key"]) for each in finding["deliveries"]] == [
        ("each", None)
    ]


@pytest.mark.parametrize("body", [b'{"webhookId": "w"}', snapshot()])
def test_pings_and_clean_snapshots_are_events_too(ask: Ask, body: bytes) -> None:
    told = rules(root="sinks: [siem], deliver: events")

    explained = ask.explain(told, body)

    assert [each["route"] for each in explained["deliveries"]] == ["root"]
    assert explained["findings"] == []


def test_a_root_of_events_takes_no_finding(ask: Ask) -> None:
    assert ask.routes(rules(root="sinks: [siem], deliver: events"), ONE) == []


def test_nothing_secret_is_shown_wherever_it_stands(tmp_path: Path) -> None:
    hidden = "a-hidden-word-of-ours"
    told = rules(
        "{name: a, matchers: ['package != \"${HIDDEN}\"']}",
        root="sinks: [chat], labels: {word: 'is ${HIDDEN}'}",
    )
    (tmp_path / "gateway.yaml").write_text(yaml.safe_dump({**SECTIONS}) + told)
    parts = load(tmp_path, environ={"HIDDEN": hidden}, offline=False).parts

    shown = str(explain(parts, read(parts, ONE, AT), AT))

    assert hidden not in shown
    assert "is **********" in shown
