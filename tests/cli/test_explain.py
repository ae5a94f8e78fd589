from typing import Any

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
        {"route": "root", "matched": True, "why": "no matchers"},
        {"route": "licences", "matched": False, "why": "type is vuln"},
        {"route": "page", "matched": True, "why": 'severity >= "critical"'},
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
        "  ✗ licences - type is vuln\n"
        '  ✓ page - severity >= "critical"\n'
        "  → oncall, slack (route page, alert 0123456789ab)"
    )


def test_a_finding_that_nobody_gets_says_so() -> None:
    finding = FINDING | {"path": [], "deliveries": [], "skipped": "ignored"}

    assert tree(explanation(finding)).endswith("in lodash\n  → nobody (ignored)")


def test_an_event_without_findings_is_one_line() -> None:
    assert tree(explanation()) == "project_snapshot, no findings"


def test_what_holds_or_mutes_a_delivery_is_told() -> None:
    delivery = DELIVERY | {
        "held_until": "2026-11-23T09:00:00Z",
        "muted_by": "platform",
        "outside": "drop",
        "sinks": [],
    }

    assert tree(explanation(FINDING | {"deliveries": [delivery]})).endswith(
        "  → nobody (route page, alert 0123456789ab, held until 2026-11-23T09:00:00Z, "
        "muted by platform, dropped outside its hours)"
    )


def test_an_event_delivered_as_such_stands_above_its_findings() -> None:
    delivery = DELIVERY | {"deliver": "events", "alert_key": None, "sinks": ["siem"]}

    assert tree(explanation(deliveries=[delivery])) == (
        "project_snapshot, no findings\n  → siem (route page, delivers events)"
    )


def test_outside_text_cannot_draw_lines_of_its_own() -> None:
    finding = FINDING | {"package": "evil\n  → oncall\u202e"}

    assert r"in evil\n  → oncall\u202e" in tree(explanation(finding))
