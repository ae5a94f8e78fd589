"""Why each finding of an event goes where it goes."""

from datetime import datetime
from typing import Any

from gateway.model.event import Event
from gateway.model.finding import Finding
from gateway.model.identity import alert_key
from gateway.pipeline.parts import Parts
from gateway.preview.reading import read, skipped
from gateway.routing.tree import Route, group


def explain(parts: Parts, body: bytes, at: datetime) -> dict[str, Any]:
    """The path of every finding through the tree, in file order, and what it would owe to whom.

    Raises Unreadable where the body is not an event.
    """
    event = read(parts, body, at)
    return {
        "event": {"type": event.type},
        "deliveries": [],
        "findings": [_finding(parts, event, finding) for finding in event.findings],
    }


def _finding(parts: Parts, event: Event, finding: Finding) -> dict[str, Any]:
    walk = parts.tree.explain(finding, event)
    is_skipped = skipped(parts, event, ignored=finding.ignored)
    shown: dict[str, Any] = {
        "id": finding.id,
        "package": finding.package,
        "change": finding.change,
        "severity": finding.severity,
        "path": [
            {"route": step.route.name, "matched": step.matched, "why": parts.redaction(step.why)}
            for step in walk.steps
        ],
        "deliveries": []
        if is_skipped
        else [_delivery(parts, event, finding, route) for route in walk.taken],
    }
    return {**shown, "skipped": "ignored"} if is_skipped else shown


def _delivery(parts: Parts, event: Event, finding: Finding, route: Route) -> dict[str, Any]:
    return {
        "route": route.name,
        "deliver": "alerts",
        "sinks": list(route.sinks),
        "alert_key": alert_key(parts.instance, route.name, group(route, finding, event)),
        "held_until": None,
        "muted_by": None,
        "outside": None,
    }
