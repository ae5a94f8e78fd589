"""What Opsgenie is sent, judged by its own contract and the limits that this leaves out."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from gateway.codec import decode
from gateway.model.delivery import Action
from gateway.model.exchange import Message, Response
from gateway.sinks.opsgenie import Opsgenie, OpsgenieSettings
from tests.exchanges import exchanged
from tests.rendering.conftest import HOSTILE, notice
from tests.rendering.test_shapes import FINDINGS, SHAPES, rendered

CONTRACT = json.loads(
    (Path(__file__).parents[1] / "fixtures" / "contracts" / "opsgenie-alert-api.json").read_text()
)
DEFINITIONS = {
    "alerts": "CreateAlertPayload",
    "notes": "AddNoteToAlertPayload",
    "close": "CloseAlertPayload",
    "message": "UpdateAlertMessagePayload",
    "description": "UpdateAlertDescriptionPayload",
    "priority": "UpdateAlertPriorityPayload",
}
SETTINGS = {
    "type": "opsgenie",
    "api_key": "made-up-key",
    "responders": ["team:payments", "user:a@example.com", "schedule:s", "escalation:e"],
    "tags": ["x" * 200, *map(str, range(40))],
    "details": {"note": "y" * 20_000},
    "verify": False,
}
CHANGED = {"message": "m", "description": "d", "priority": "p"}
"""A receipt of something else: every field is put in its place."""


def sent(action: Action, body: str) -> dict[str, dict[str, Any]]:
    """The bodies of the requests, by the last word of their paths."""
    sink = Opsgenie("oncall", OpsgenieSettings.model_validate(SETTINGS))
    told = Message(
        action=action,
        alias="a1" * 32,
        identity="1d" * 32,
        timestamp=1,
        body=body,
        values=sink.values,
    )
    requests, _ = exchanged(sink.deliver(told, CHANGED), Response(status=202))
    paths = [each.url.reveal().partition("?")[0] for each in requests]
    return {
        path.rpartition("/")[2]: decode(each.body)
        for path, each in zip(paths, requests, strict=True)
    }


def flaws(what: str, body: dict[str, Any]) -> list[str]:
    schema = {"$ref": f"#/definitions/{DEFINITIONS[what]}", **CONTRACT}
    return [f"{what}: {error.message}" for error in Draft4Validator(schema).iter_errors(body)]


@pytest.mark.parametrize("kind", FINDINGS)
@pytest.mark.parametrize("action", ["create", "update", "close"])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_request_keeps_to_the_contract(shape: str, action: Action, kind: str) -> None:
    some = [FINDINGS[kind](number) for number in range(50)]
    said = SHAPES[shape](
        notice(action, findings=[] if action == "close" else some, fixed=some, name=HOSTILE)
    )

    bodies = sent(action, rendered(said, "opsgenie"))

    assert [flaw for what, body in bodies.items() for flaw in flaws(what, body)] == []


def test_what_the_contract_leaves_out_is_within_the_published_limits() -> None:
    some = [FINDINGS["long"](number) for number in range(50)]

    alert = sent("create", rendered(notice(findings=some, fixed=some), "opsgenie"))["alerts"]

    assert len(alert["message"]) <= 130
    assert len(alert["description"]) <= 15_000
    assert len(alert["tags"]) <= 20
    assert max(map(len, alert["tags"])) <= 50
    assert sum(len(key) + len(text) for key, text in alert["details"].items()) <= 8000
    assert len(alert["alias"]) <= 512


@pytest.mark.parametrize(
    "wrong",
    [{}, {"message": "m", "priority": "P9"}, {"message": "m", "details": {"k": 1}},
     {"message": "m", "tags": [1]}, {"message": "m", "responders": [{"type": "teams"}]}],
)  # fmt: skip
def test_the_contract_refuses_what_opsgenie_would(wrong: dict[str, Any]) -> None:
    assert flaws("alerts", wrong)
