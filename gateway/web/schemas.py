"""The things that the admin API answers with, and takes, as JSON Schema."""

from typing import Any

from gateway.web.changes import MOST_IDS
from gateway.web.reads import ALERTS, DELIVERIES, EVENTS, SILENCES

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
_TRUTH: Schema = {"type": "boolean"}
_TIME: Schema = {"type": "string", "format": "date-time"}
_MAYBE_TEXT: Schema = {"type": ["string", "null"]}
_MAYBE_TIME: Schema = {"type": ["string", "null"], "format": "date-time"}
_SECONDS: Schema = {"type": ["number", "null"], "minimum": 0}
_TEXTS: Schema = {"type": "array", "items": TEXT}
_ITEMS: Schema = {"type": "array", "items": {"type": "object"}}
_FILTER: Schema = {
    "type": "object",
    "properties": dict.fromkeys(("sink", "route", "alert", "event", "reason"), TEXT),
    "additionalProperties": False,
    "minProperties": 1,
}
_LABELS: Schema = {"type": "object", "additionalProperties": TEXT}


def answers() -> dict[str, Schema]:
    """What is answered, by name."""
    return {
        "events": _event(),
        "alerts": _alert(),
        "deliveries": _delivery(),
        "silences": _silence(),
        "routes": _route(),
        "sinks": _sink(),
        "config": _config(),
        "explanation": _explanation(),
        "reloaded": made({"status": {"enum": ["reloaded", "unchanged"]}, "warnings": _TEXTS}),
        "replayed": made({"events": COUNT}),
        "resolved": made({"alerts": COUNT, "ids": _TEXTS}),
        "chosen": made({"deliveries": COUNT, "ids": _TEXTS}),
        "problem": _problem(),
    }


def bodies() -> dict[str, Schema]:
    """What the body of a change may be, by name."""
    ids = {"type": "array", "items": TEXT, "minItems": 1, "maxItems": MOST_IDS}
    dry_run = _TRUTH | {"default": False}
    return {
        "silence": _closed(
            {"matchers": _TEXTS | {"minItems": 1}, "until": _TIME, "owner": TEXT, "reason": TEXT},
            {"from": _TIME},
        ),
        "nothing": _closed({}),
        "replay": _closed({}, {"ids": ids, "since": _TIME, "dry_run": dry_run})
        | {"oneOf": [{"required": ["ids"]}, {"required": ["since"]}]},
        "choose": _closed({}, {"ids": ids, "filter": _FILTER, "dry_run": dry_run})
        | {"oneOf": [{"required": ["ids"]}, {"required": ["filter"]}]},
        "choose_one": _closed({}, {"dry_run": dry_run}),
        "resolve": _closed({}, {"ids": ids, "project": TEXT, "dry_run": dry_run})
        | {"oneOf": [{"required": ["ids"]}, {"required": ["project"]}]},
    }


def made(required: Schema, optional: Schema | None = None) -> Schema:
    """An object with these properties."""
    properties = required | (optional or {})
    return {"type": "object", "required": list(required), "properties": properties}


def _closed(required: Schema, optional: Schema | None = None) -> Schema:
    return made(required, optional) | {"additionalProperties": False}


def _named(*names: str) -> Schema:
    return made(dict.fromkeys(names, TEXT))


def _event() -> Schema:
    texts = dict.fromkeys(("id", "source", "type", "version", "transport_id", "error"), TEXT)
    counts = ("new_count", "removed_count", "unreadable_issues", "tries", "bytes")
    return made(
        texts
        | dict.fromkeys(counts, COUNT)
        | {"status": {"enum": list(EVENTS.statuses)}, "received_at": _TIME}
        | {"project": _named("id", "name"), "org": _named("id")}
    )


def _alert() -> Schema:
    texts = dict.fromkeys(("id", "key", "route", "severity", "event"), TEXT)
    counts = ("open_count", "fixed_count", "revision")
    return made(
        texts
        | dict.fromkeys(counts, COUNT)
        | {"status": {"enum": list(ALERTS.statuses)}, "group": _TEXTS, "sinks": _TEXTS}
        | {"opened_at": _TIME, "updated_at": _TIME, "resolved_at": _MAYBE_TIME}
        | {"project": _named("id", "name")},
        {"labels": _LABELS, "rollup": _TRUTH, "ended": TEXT}
        | {"findings": _ITEMS, "deliveries": _ITEMS},
    )


def _delivery() -> Schema:
    texts = dict.fromkeys(("id", "event", "sink", "reason", "severity"), TEXT)
    times = ("first_attempt_at", "next_attempt_at", "ended_at")
    return made(
        texts
        | {"alert": _MAYBE_TEXT, "revision": COUNT, "tries": COUNT, "created_at": _TIME}
        | dict.fromkeys(times, _MAYBE_TIME)
        | {"status": {"enum": list(DELIVERIES.statuses)}},
        {"deliver": TEXT, "route": TEXT, "muted_by": TEXT, "marks": _TEXTS, "reminder": _TRUTH}
        | {"attempts": _ITEMS},
    )


def _silence() -> Schema:
    return made(
        dict.fromkeys(("id", "owner", "reason"), TEXT)
        | {"status": {"enum": list(SILENCES.statuses)}, "matchers": _TEXTS}
        | {"from": _MAYBE_TIME, "until": _TIME, "origin": {"enum": ["yaml", "runtime"]}}
    )


def _sink() -> Schema:
    return made(
        {"name": TEXT, "type": TEXT, "paused": _TRUTH, "paused_until": _MAYBE_TIME}
        | {"mode": {"enum": ["send", "record"]}, "breaker": {"enum": ["closed", "open"]}}
        | {"open_since": _MAYBE_TIME, "probe_at": _MAYBE_TIME}
        | {"rate": _MAYBE_TEXT, "pending": COUNT, "dead": COUNT}
        | {"oldest_due_seconds": {"type": "number", "minimum": 0}}
    )


def _route() -> Schema:
    return made(
        {"name": TEXT, "depth": COUNT, "deliver": {"enum": ["alerts", "findings", "events"]}}
        | dict.fromkeys(("matchers", "sinks", "group_by"), _TEXTS),
        {"when": _MAYBE_TEXT, "template": _MAYBE_TEXT, "outside": TEXT, "max_alerts": TEXT}
        | {"group_wait": _SECONDS, "group_interval": _SECONDS, "repeat_interval": _SECONDS}
        | {"max_findings": COUNT, "continue": _TRUTH},
    )


def _config() -> Schema:
    return made(
        {"digest": TEXT, "accepted_at": _TIME, "source": {"enum": ["files", "store"]}}
        | {"error": _MAYBE_TEXT, "problems": _TEXTS}
    )


def _explanation() -> Schema:
    became = made(
        dict.fromkeys(("id", "sink", "status", "reason"), TEXT)
        | {"tries": COUNT, "next_attempt_at": _MAYBE_TIME}
    )
    delivery = made(
        {"route": TEXT, "deliver": TEXT, "sinks": _TEXTS}
        | dict.fromkeys(("alert_key", "muted_by", "outside"), _MAYBE_TEXT)
        | {"held_until": _MAYBE_TIME},
        {"labels": _LABELS, "failed": _TEXTS, "became": {"type": "array", "items": became}},
    )
    step = made({"route": TEXT, "matched": _TRUTH, "why": TEXT}, {"depth": COUNT})
    path = {"type": "array", "items": step}
    deliveries = {"type": "array", "items": delivery}
    finding = made(
        dict.fromkeys(("id", "package", "change", "severity"), TEXT)
        | {"path": path, "deliveries": deliveries},
        {"skipped": TEXT},
    )
    findings = {"type": "array", "items": finding}
    event = made({"type": TEXT}, {"path": path, "unreadable_issues": COUNT})
    return made({"event": event, "deliveries": deliveries, "findings": findings})


def _problem() -> Schema:
    return made(
        {"type": TEXT, "title": TEXT, "status": COUNT, "detail": TEXT}, {"problems": _TEXTS}
    )
