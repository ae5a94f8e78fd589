from typing import Any

import jsonschema
import pytest

from gateway.web.openapi import description
from gateway.web.reads import LISTS

DOCUMENT = description("0.1.0")
READ = {
    "alerts": "alerts",
    "alerts/{id}": "alerts/alt_1",
    "deliveries": "deliveries",
    "deliveries/{id}": "deliveries/dlv_1",
    "events": "events",
    "events/{id}": "events/evt_1",
    "silences": "silences",
    "silences/{id}": "silences/sil_1",
    "routes": "routes",
    "sinks": "sinks",
    "config": "config",
    "explain": "explain?event=evt_1",
}
SILENCE = {
    "matchers": ["severity = low"],
    "until": "2027-01-31T00:00:00Z",
    "owner": "platform",
    "reason": "retired",
}
CHANGES: dict[str, tuple[str, Any]] = {
    "silences": ("silences", SILENCE),
    "silences/{id}/expire": ("silences/sil_1/expire", {}),
    "reload": ("reload", {}),
    "replay": ("replay", {"ids": ["evt_1"], "dry_run": True}),
    "alerts/resolve": ("alerts/resolve", {"project": "acme/shop"}),
    "sinks/{name}/pause": ("sinks/oncall/pause", {}),
    "sinks/{name}/resume": ("sinks/oncall/resume", {}),
    "deliveries/retry": ("deliveries/retry", {"filter": {"sink": "oncall"}, "dry_run": True}),
    "deliveries/{id}/retry": ("deliveries/dlv_1/retry", {}),
    "deliveries/cancel": ("deliveries/cancel", {"ids": ["dlv_1"]}),
    "deliveries/{id}/cancel": ("deliveries/dlv_1/cancel", {"dry_run": True}),
}


def check(value: Any, schema: Any) -> None:
    jsonschema.validate(value, schema | {"components": DOCUMENT["components"]})


async def test_the_description_is_served(admin: Any) -> None:
    answer = await (await admin()).get("/api/v1/openapi.json")

    assert await answer.json() == DOCUMENT


def test_everything_is_described() -> None:
    described = {
        (path.removeprefix("/api/v1/"), method)
        for path, operations in DOCUMENT["paths"].items()
        for method in operations
    }

    assert described == {(path, "get") for path in READ} | {(path, "post") for path in CHANGES}
    assert {kind.name for kind in LISTS} <= set(READ)


@pytest.mark.parametrize(("described", "path"), READ.items())
async def test_what_is_answered_is_what_is_described(admin: Any, described: str, path: str) -> None:
    answer = await (await admin()).get(f"/api/v1/{path}")

    responses = DOCUMENT["paths"][f"/api/v1/{described}"]["get"]["responses"]
    check(await answer.json(), responses["200"]["content"]["application/json"]["schema"])


@pytest.mark.parametrize("described", CHANGES)
async def test_a_change_is_taken_and_answered_as_described(admin: Any, described: str) -> None:
    path, body = CHANGES[described]
    operation = DOCUMENT["paths"][f"/api/v1/{described}"]["post"]

    answer = await (await admin()).post(f"/api/v1/{path}", json=body)

    check(body, operation["requestBody"]["content"]["application/json"]["schema"])
    success = operation["responses"][str(answer.status)]
    check(await answer.json(), success["content"]["application/json"]["schema"])


@pytest.mark.parametrize("path", ["events?limit=0", "events/unknown", "nothing", "explain"])
async def test_a_problem_is_what_is_described(admin: Any, path: str) -> None:
    answer = await (await admin()).get(f"/api/v1/{path}")

    assert answer.content_type == "application/problem+json"
    check(await answer.json(), DOCUMENT["components"]["schemas"]["problem"])
