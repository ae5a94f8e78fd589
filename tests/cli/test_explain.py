import json
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.cli.explain import tree

DELIVERY: dict[str, Any] = {
    "route": "page",
    "deliver": "alerts",
    "sinks": ["oncall", "slack"],
    "alert_key": "0123456789abcdef",
    "held_until": None,
    "muted_by": None,
    "outside": None,
}
FINDING: dict[str, Any] = {
    "id": "SNYK-JS-LODASH-1",
    "package": "lodash",
    "change": "new",
    "severity": "critical",
    "path": [
        {"route": "root", "depth": 0, "matched": True, "why": "no matchers"},
        {"route": "licences", "depth": 1, "matched": False, "why": "type is vuln"},
        {"route": "page", "depth": 1, "matched": True, "why": 'severity >= "critical"'},
    ],
    "deliveries": [DELIVERY],
}


def explanation(*findings: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "event": {"type": "project_snapshot"},
        "deliveries": [],
        "findings": list(findings),
        **more,
    }


def test_each_finding_is_a_tree_of_routes_and_then_its_sinks() -> None:
    assert tree(explanation(FINDING)) == (
        "project_snapshot, 1 finding\n"
        "\n"
        "new critical SNYK-JS-LODASH-1 in lodash\n"
        "  ✓ root - no matchers\n"
        "    ✗ licences - type is vuln\n"
        '    ✓ page - severity >= "critical"\n'
        "  → oncall, slack (route page, alert 0123456789ab)"
    )


def test_a_finding_that_nobody_gets_says_so() -> None:
    finding = FINDING | {"path": [], "deliveries": [], "skipped": "ignored"}

    assert tree(explanation(finding)).endswith("in lodash\n  → nobody (ignored)")


def test_an_event_without_findings_is_one_line() -> None:
    assert tree(explanation()) == "project_snapshot, no findings"


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, ""), (1, ", 1 issue that cannot be read"), (7, ", 7 issues that cannot be read")],
)
def test_issues_that_cannot_be_read_are_counted_in_the_first_line(number: int, said: str) -> None:
    event = {"type": "project_snapshot", "unreadable_issues": number}

    assert tree(explanation(event=event)) == f"project_snapshot, no findings{said}"


def test_what_holds_or_mutes_a_delivery_is_told() -> None:
    delivery = DELIVERY | {
        "held_until": datetime(2026, 11, 23, 9, tzinfo=UTC),
        "muted_by": "silence sil_1 (platform: being retired)",
        "outside": "drop",
        "sinks": [],
        "labels": {"team": "payments", "tier": "1"},
        "failed": ["when of route page: no such name"],
    }

    assert tree(explanation(FINDING | {"deliveries": [delivery]})).endswith(
        "  → nobody (route page, alert 0123456789ab)\n"
        "      labels team=payments, tier=1\n"
        "      failed: when of route page: no such name\n"
        "      muted by silence sil_1 (platform: being retired)\n"
        "      held until 2026-11-23T09:00:00Z\n"
        "      dropped: it is outside the hours of its route"
    )


def test_what_came_of_a_stored_event_stands_under_each_delivery() -> None:
    dead = {"sink": "oncall", "status": "dead", "reason": "unauthorised", "tries": 1}
    pending = {"sink": "slack", "status": "pending", "reason": "", "tries": 2}
    became = [
        {**dead, "next_attempt_at": None},
        {**pending, "next_attempt_at": "2026-11-23T09:00:00Z"},
    ]
    delivery = DELIVERY | {"became": became}

    assert tree(explanation(FINDING | {"deliveries": [delivery]})).endswith(
        "      oncall: dead (unauthorised) after 1 try\n"
        "      slack: pending after 2 tries, next try 2026-11-23T09:00:00Z"
    )


def test_the_way_of_the_event_as_such_stands_first() -> None:
    step = {"route": "archive", "depth": 1, "matched": True, "why": ""}

    assert tree(explanation(event={"type": "ping", "path": [step]})) == (
        "ping, no findings\n    ✓ archive"
    )


def test_an_event_delivered_as_such_stands_above_its_findings() -> None:
    delivery = DELIVERY | {"deliver": "events", "alert_key": None, "sinks": ["siem"]}

    assert tree(explanation(deliveries=[delivery])) == (
        "project_snapshot, no findings\n  → siem (route page, delivers events)"
    )


def test_outside_text_cannot_draw_lines_of_its_own() -> None:
    finding = FINDING | {"package": "evil\n  → oncall\u202e"}

    assert r"in evil\n  → oncall\u202e" in tree(explanation(finding))


async def test_a_stored_event_is_explained_by_the_gateway(ask: Any, api: Any) -> None:
    api.answers["explain"] = explanation(FINDING)

    result = await ask("explain", "--event", "evt_1")

    assert (result.exit_code, result.stdout) == (0, tree(explanation(FINDING)) + "\n")
    assert api.asked == [("GET", "explain", {"event": "evt_1"})]


async def test_as_json_it_is_what_the_gateway_said(ask: Any, api: Any) -> None:
    api.answers["explain"] = explanation(FINDING)

    result = await ask("explain", "--event", "evt_1", "--json")

    assert json.loads(result.stdout) == explanation(FINDING)


@pytest.mark.parametrize(
    ("status", "detail"), [(404, "no such event"), (422, "not readable as JSON: truncated")]
)
async def test_an_event_that_cannot_be_explained_is_one_line_and_exit_code_1(
    ask: Any, api: Any, status: int, detail: str
) -> None:
    api.problems["explain"] = {"status": status, "detail": detail}

    result = await ask("explain", "--event", "evt_9")

    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"{detail}\n")
