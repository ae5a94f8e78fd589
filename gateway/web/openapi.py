"""The admin API, described for machines."""

from typing import Any

from gateway.web.query import DEFAULT_LIMIT, MOST
from gateway.web.reads import ALERTS, DELIVERIES, EVENTS, KINDS, Kind

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_TIME: Schema = {"type": "string", "format": "date-time"}
_MAYBE_TIME: Schema = {"type": ["string", "null"], "format": "date-time"}
_TEXTS: Schema = {"type": "array", "items": _TEXT}
_ITEMS: Schema = {"type": "array", "items": {"type": "object"}}


def description(version: str) -> Schema:
    """The OpenAPI document."""
    paths: Schema = {}
    for kind in KINDS:
        paths[f"/api/v1/{kind.name}"] = {"get": _list(kind)}
        paths[f"/api/v1/{kind.name}/{{id}}"] = {"get": _item(kind)}
    return {
        "openapi": "3.1.0",
        "info": {"title": "snyk-gateway admin API", "version": version},
        "paths": paths,
        "components": {
            "schemas": {"events": _event(), "alerts": _alert(), "deliveries": _delivery()},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _list(kind: Kind) -> Schema:
    page = {
        "type": "object",
        "required": ["items", "next"],
        "properties": {
            "items": {"type": "array", "items": _reference(kind)},
            "next": {"type": ["string", "null"], "description": "cursor of the next page"},
        },
    }
    limit = {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT_LIMIT}
    wanted = {
        **dict.fromkeys(kind.filters, _TEXT),
        "status": {"enum": list(kind.statuses)},
        "limit": limit,
        "cursor": _TEXT,
    }
    parameters = [
        {"name": name, "in": "query", "schema": schema} for name, schema in wanted.items()
    ]
    return {
        "operationId": f"list_{kind.name}",
        "summary": f"The {kind.name}, newest first",
        "parameters": parameters,
        "responses": _responses(page),
    }


def _item(kind: Kind) -> Schema:
    return {
        "operationId": f"get_{kind.name}",
        "summary": f"One of the {kind.name}",
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": _TEXT}],
        "responses": _responses(_reference(kind)),
    }


def _reference(kind: Kind) -> Schema:
    return {"$ref": f"#/components/schemas/{kind.name}"}


def _responses(schema: Schema) -> Schema:
    error = {"properties": {"type": _TEXT, "title": _TEXT, "status": _COUNT, "detail": _TEXT}}
    return {
        "200": {"description": "OK", "content": {"application/json": {"schema": schema}}},
        "default": {
            "description": "an RFC 9457 problem",
            "content": {"application/problem+json": {"schema": {"type": "object", **error}}},
        },
    }


def _object(required: Schema, optional: Schema | None = None) -> Schema:
    properties = required | (optional or {})
    return {"type": "object", "required": list(required), "properties": properties}


def _named(*names: str) -> Schema:
    return _object(dict.fromkeys(names, _TEXT))


def _event() -> Schema:
    texts = dict.fromkeys(("id", "source", "type", "version", "transport_id", "error"), _TEXT)
    counts = ("new_count", "removed_count", "unreadable_issues", "tries", "bytes")
    return _object(
        texts
        | dict.fromkeys(counts, _COUNT)
        | {"status": {"enum": list(EVENTS.statuses)}, "received_at": _TIME}
        | {"project": _named("id", "name"), "org": _named("id")}
    )


def _alert() -> Schema:
    texts = dict.fromkeys(("id", "key", "route", "severity", "event"), _TEXT)
    counts = ("open_count", "fixed_count", "revision")
    return _object(
        texts
        | dict.fromkeys(counts, _COUNT)
        | {"status": {"enum": list(ALERTS.statuses)}, "group": _TEXTS, "sinks": _TEXTS}
        | {"opened_at": _TIME, "updated_at": _TIME, "resolved_at": _MAYBE_TIME}
        | {"project": _named("id", "name")},
        {"findings": _ITEMS, "deliveries": _ITEMS},
    )


def _delivery() -> Schema:
    texts = dict.fromkeys(("id", "alert", "event", "sink", "reason", "severity"), _TEXT)
    times = ("first_attempt_at", "next_attempt_at", "ended_at")
    return _object(
        texts
        | {"revision": _COUNT, "tries": _COUNT, "created_at": _TIME}
        | dict.fromkeys(times, _MAYBE_TIME)
        | {"status": {"enum": list(DELIVERIES.statuses)}},
        {"attempts": _ITEMS},
    )
