"""The admin API, described for machines."""

from gateway.web.query import DEFAULT_LIMIT, MOST
from gateway.web.reads import LISTS, Kind
from gateway.web.schemas import TEXT, Schema, answers, bodies, made

_ID: Schema = {"name": "id", "in": "path", "required": True, "schema": TEXT}
_EVENT: Schema = {"name": "event", "in": "query", "required": True, "schema": TEXT}


def description(version: str) -> Schema:
    """The OpenAPI document."""
    paths: dict[str, Schema] = {}
    for kind in LISTS:
        paths[f"/api/v1/{kind.name}"] = {"get": _list_of(kind)}
        paths[f"/api/v1/{kind.name}/{{id}}"] = {"get": _item(kind)}
    for path, operation in _told().items():
        paths.setdefault(path, {})["get"] = operation
    for path, operation in _changes().items():
        paths.setdefault(path, {})["post"] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "snyk-gateway admin API", "version": version},
        "paths": paths,
        "components": {
            "schemas": answers(),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _list_of(kind: Kind) -> Schema:
    wanted = {**dict.fromkeys(kind.filters, TEXT), "status": {"enum": list(kind.statuses)}}
    return _list(kind.name, f"The {kind.name}, newest first", wanted)


def _item(kind: Kind) -> Schema:
    return {
        "operationId": f"get_{kind.name}",
        "summary": f"One of the {kind.name}",
        "parameters": [_ID],
        "responses": _responses(_reference(kind.name)),
    }


def _told() -> dict[str, Schema]:
    """What is asked of the running gateway itself."""
    return {
        "/api/v1/routes": _list("routes", "The routing tree, depth first", {}),
        "/api/v1/sinks": {
            "operationId": "list_sinks",
            "summary": "The sinks and how they stand",
            "responses": _responses(
                made({"items": {"type": "array", "items": _reference("sinks")}, "next": {}})
            ),
        },
        "/api/v1/config": {
            "operationId": "get_config",
            "summary": "Which configuration is in force, and why a newer one is not",
            "responses": _responses(_reference("config")),
        },
        "/api/v1/explain": {
            "operationId": "explain",
            "summary": "Why a stored event went where it went, and what came of each delivery",
            "parameters": [_EVENT],
            "responses": _responses(_reference("explanation")),
        },
    }


def _changes() -> dict[str, Schema]:
    expire = _change("expire_silence", "End a silence now", "nothing", "silences")
    return {
        **_of_deliveries("retry", "Try dead deliveries again"),
        **_of_deliveries("cancel", "Give up deliveries that wait"),
        **_of_sinks("pause", "Have a sink wait"),
        **_of_sinks("resume", "Let a sink go on"),
        "/api/v1/silences": _change(
            "add_silence", "Mute findings for a time", "silence", "silences", status="201"
        ),
        "/api/v1/silences/{id}/expire": {**expire, "parameters": [_ID]},
        "/api/v1/reload": _change("reload", "Read the configuration anew", "nothing", "reloaded"),
        "/api/v1/replay": _change(
            "replay", "Walk stored events through today's rules", "replay", "replayed"
        ),
        "/api/v1/alerts/resolve": _change(
            "resolve_alerts", "Resolve open alerts by hand", "resolve", "resolved"
        ),
    }


def _of_deliveries(verb: str, summary: str) -> dict[str, Schema]:
    one = _change(f"{verb}_delivery", f"{summary}: this one", "choose_one", "chosen")
    return {
        f"/api/v1/deliveries/{verb}": _change(f"{verb}_deliveries", summary, "choose", "chosen"),
        f"/api/v1/deliveries/{{id}}/{verb}": {**one, "parameters": [_ID]},
    }


def _of_sinks(verb: str, summary: str) -> dict[str, Schema]:
    change = _change(f"{verb}_sink", summary, "nothing", "sinks")
    name = {"name": "name", "in": "path", "required": True, "schema": TEXT}
    return {f"/api/v1/sinks/{{name}}/{verb}": {**change, "parameters": [name]}}


def _change(name: str, summary: str, body: str, answered: str, *, status: str = "200") -> Schema:
    content = {"application/json": {"schema": bodies()[body]}}
    return {
        "operationId": name,
        "summary": summary,
        "requestBody": {"required": body not in {"nothing", "choose_one"}, "content": content},
        "responses": _responses(_reference(answered), status),
    }


def _list(name: str, summary: str, filters: Schema) -> Schema:
    items = {"type": "array", "items": _reference(name)}
    after = {"type": ["string", "null"], "description": "cursor of the next page"}
    limit = {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT_LIMIT}
    wanted = {**filters, "limit": limit, "cursor": TEXT}
    return {
        "operationId": f"list_{name}",
        "summary": summary,
        "parameters": [
            {"name": name, "in": "query", "schema": schema} for name, schema in wanted.items()
        ],
        "responses": _responses(made({"items": items, "next": after})),
    }


def _reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _responses(schema: Schema, status: str = "200") -> Schema:
    description = "Created" if status == "201" else "OK"
    return {
        status: {"description": description, "content": {"application/json": {"schema": schema}}},
        "default": {
            "description": "an RFC 9457 problem",
            "content": {"application/problem+json": {"schema": _reference("problem")}},
        },
    }
