import json
from typing import Any

import pytest

SINK = {
    "name": "oncall",
    "type": "opsgenie",
    "mode": "send",
    "paused": False,
    "paused_until": None,
    "breaker": "closed",
    "open_since": None,
    "probe_at": None,
    "rate": "2/1s",
    "pending": 3,
    "dead": 1,
    "oldest_due_seconds": 7.5,
}


async def test_sinks_are_listed_as_they_stand(ask: Any, api: Any) -> None:
    api.answers["sinks"] = {"items": [SINK], "next": None}

    result = await ask("sinks")

    header, row = result.stdout.splitlines()
    assert header.split()[:3] == ["SINK", "TYPE", "PAUSED"]
    assert row.split() == ["oncall", "opsgenie", "False", "closed", "2/1s", "3", "1", "7.5"]


@pytest.mark.parametrize(("verb", "said"), [("pause", "is paused"), ("resume", "goes on")])
async def test_a_sink_is_paused_and_resumed(ask: Any, api: Any, verb: str, said: str) -> None:
    api.answers[f"sinks/oncall/{verb}"] = SINK

    result = await ask("sinks", verb, "oncall")

    assert (result.exit_code, result.stderr) == (0, f"oncall {said}; 3 pending\n")
    assert api.asked == [("POST", f"sinks/oncall/{verb}", {})]


async def test_as_json_it_is_what_the_api_said(ask: Any, api: Any) -> None:
    api.answers["sinks"] = {"items": [SINK], "next": None}

    assert json.loads((await ask("sinks", "--json")).stdout) == [SINK]
